import { createHash, randomBytes } from "node:crypto";
import type { Content, MediaContent } from "../control/content.ts";
import { ControlError } from "../control/errors.ts";
import { randomId } from "../ids.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import type { PlatformTools } from "../platform.ts";
import { bareNumber } from "./answers.ts";
import { encryptFile } from "./crypto.ts";
import { type Cdn, fileOf, newParam, previewName } from "./media.ts";
import { type Bot, type Chat, newMessageId } from "./state.ts";
import { enqueue } from "./updates.ts";

const ITEM_TYPES = { text: 1, image: 2, voice: 3, file: 4, video: 5 };

interface Written {
  /** One item, or all of them. */
  readonly item: JsonObject | readonly JsonValue[];
  readonly group?: string;
  /** What the person's own screen keeps. */
  readonly shown: JsonObject;
}

/** A person writes: every content is a message of its own, as on the phone. */
export function createInbound({ clock, faults, changed, baseUrl }: PlatformTools, cdn: Cdn) {
  return async function write(bot: Bot, chat: Chat, content: Content): Promise<string> {
    const { item, group, shown } = await itemOf(bot, chat, content);
    const id = newMessageId();
    const now = clock.now();
    chat.contextToken = randomId("AARz", 24);
    chat.lastInboundAt = now;
    chat.sends = 0;
    chat.screen.push({
      id,
      direction: "inbound",
      at: new Date(now).toISOString(),
      kind: content.kind,
      state: "sent",
      by: "customer",
      ...shown,
    });
    const created = { create_time_ms: now };
    enqueue(bot, {
      message_id: bareNumber(id),
      from_user_id: chat.person.id,
      to_user_id: bot.botId,
      create_time_ms: now,
      message_type: 1,
      message_state: 2,
      context_token: chat.contextToken,
      ...(group === undefined ? {} : { group_id: group }),
      item_list: Array.isArray(item) ? item : [{ ...created, is_completed: true, ...(item as JsonObject) }],
    });
    changed(bot.botId, chat.person.id);
    return id;
  };

  async function itemOf(bot: Bot, chat: Chat, content: Content): Promise<Written> {
    switch (content.kind) {
      case "text":
        return { item: { type: ITEM_TYPES.text, text_item: { text: content.text } }, shown: { text: content.text } };
      case "image":
      case "voice":
      case "video":
      case "file":
        return mediaItem(bot, chat, content);
      case "unsupported":
        return rawItem(content.nativeType, content.raw);
      default:
        throw new ControlError(
          400,
          `A person cannot send ${content.kind} to a bot of iLink.`,
          'Kinds: text, image, voice, video, file; { "kind": "unsupported", "nativeType": "8", "raw": … } for any item',
        );
    }
  }

  /** `raw`: one item, a list of items, or `{ group, items }`; for quotes and what has no kind of its own. */
  function rawItem(nativeType: string, raw: unknown): Written {
    const wrapped = isJsonObject(raw) && Array.isArray(raw.items) ? raw : undefined;
    const items = wrapped ? wrapped.items : raw;
    const group = typeof wrapped?.group === "string" ? wrapped.group : undefined;
    const item = isJsonObject(items) ? { type: Number(nativeType), ...items } : items;
    return {
      item: (item ?? { type: Number(nativeType) }) as JsonObject | readonly JsonValue[],
      ...(group === undefined ? {} : { group }),
      shown: { nativeType },
    };
  }

  async function mediaItem(bot: Bot, chat: Chat, content: MediaContent): Promise<Written> {
    const targets = [bot.botId, chat.person.id, chat.person.name];
    const { plain, filename, mime } = await fileOf(content);
    const key = randomBytes(16);
    const isPlain = content.kind === "image" && faults.take("ilink.plain-image", targets) !== undefined;
    const bytes = isPlain ? plain : encryptFile(plain, key);
    const param = newParam();
    cdn.files.set(param, { bytes, plain, filename, mime });
    const shownKey = faults.take("ilink.wrong-key", targets) ? randomBytes(16) : key;
    const full = `${baseUrl()}/cdn/c2c/download?encrypted_query_param=${encodeURIComponent(param)}`;
    const encoding = String(
      faults.take("ilink.key-encoding", targets)?.value ?? (content.kind === "image" ? "C" : "B"),
    );
    const media = {
      encrypt_query_param: param,
      ...(isPlain || (encoding === "C" && content.kind === "image") ? {} : { aes_key: encodeKey(shownKey, encoding) }),
      encrypt_type: 1,
      ...(faults.take("ilink.no-full-url", targets) ? {} : { full_url: full }),
    };
    const url = `${baseUrl()}/cdn/c2c/plain/${previewName(param)}`;
    const shown = { filename, media: { filename, bytes: plain.length, url } };
    const payload = { media, size: bytes.length, plainSize: plain.length, filename };
    if (content.kind === "image") {
      const flat = encoding === "C" && !isPlain ? { aeskey: shownKey.toString("hex") } : {};
      return { item: { type: ITEM_TYPES.image, image_item: { media, ...flat, mid_size: bytes.length } }, shown };
    }
    const transcript = content.kind === "voice" && faults.take("ilink.no-transcript", targets) === undefined;
    return { item: otherItem(content.kind, payload, plain, transcript), shown };
  }
}

function otherItem(
  kind: "voice" | "video" | "file",
  { media, size, plainSize, filename }: { media: JsonObject; size: number; plainSize: number; filename: string },
  plain: Buffer,
  transcript: boolean,
): JsonObject {
  const md5 = createHash("md5").update(plain).digest("hex");
  if (kind === "file") {
    return { type: ITEM_TYPES.file, file_item: { media, file_name: filename, md5, len: String(plainSize) } };
  }
  if (kind === "video") {
    return { type: ITEM_TYPES.video, video_item: { media, video_size: size, play_length: 1, video_md5: md5 } };
  }
  // As seen on the real service: the codec is named wrongly.
  const voice = { media, encode_type: 4, bits_per_sample: 16, sample_rate: 16000, playtime: 200, size };
  return { type: ITEM_TYPES.voice, voice_item: { ...voice, ...(transcript ? { text: "语音转文字" } : {}) } };
}

function encodeKey(key: Buffer, encoding: string): string {
  if (encoding === "A") return key.toString("base64");
  return encoding === "C" ? key.toString("hex") : Buffer.from(key.toString("hex")).toString("base64");
}
