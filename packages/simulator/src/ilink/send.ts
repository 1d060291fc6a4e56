import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import type { PlatformTools, ScreenItem } from "../platform.ts";
import { bareNumber, OK, refusal } from "./answers.ts";
import { decryptFile, keyOfReference } from "./crypto.ts";
import { type Cdn, previewName } from "./media.ts";
import { type Bot, type Chat, newMessageId, REPLIES, WINDOW_MS } from "./state.ts";

const MOST_TEXT_BYTES = 16_384;
const PREPARE_FAILED = refusal(-2, "prepare failed");
const INVALID = refusal(-3, "invalid arguments");
const ITEM = { text: 1, image: 2, voice: 3, file: 4, video: 5, toolStart: 11, toolResult: 12 };

/** `sendmessage`, with the checks in the order of the platform. */
export function createSend({ clock, faults, changed, baseUrl }: PlatformTools, cdn: Cdn) {
  return function sendMessage(bot: Bot, body: JsonObject): JsonObject {
    const msg = isJsonObject(body.msg) ? body.msg : {};
    const chat = typeof msg.to_user_id === "string" ? bot.chats.get(msg.to_user_id) : undefined;
    const items = (Array.isArray(msg.item_list) ? msg.item_list : []).filter(isJsonObject);
    if (msg.from_user_id !== "" || !chat || items.length !== 1) return INVALID;
    const item = items[0] as JsonObject;
    const targets = [bot.botId, chat.person.id, chat.person.name];
    const refused = refuse(bot, chat, msg, item, targets);
    if (refused) return refused;

    const clientId = typeof msg.client_id === "string" ? msg.client_id : "";
    const silent = clientId === "" || chat.clientIds.has(clientId) || !isJsonObject(body.base_info);
    if (silent) return OK;
    chat.clientIds.add(clientId);
    bot.lastSendAt = clock.now();
    chat.sends += 1;
    if (faults.take("ilink.risk", targets)) return OK;
    const id = newMessageId();
    show(bot, chat, shown(id, item));
    return faults.take("ilink.no-message-id", targets) ? OK : { ...OK, message_id: bareNumber(id) };
  };

  function refuse(
    bot: Bot,
    chat: Chat,
    msg: JsonObject,
    item: JsonObject,
    targets: readonly string[],
  ): JsonObject | undefined {
    if (Buffer.byteLength(textOf(item)) > MOST_TEXT_BYTES) return PREPARE_FAILED;
    if (chat.lastInboundAt === undefined || clock.now() - chat.lastInboundAt > WINDOW_MS) return PREPARE_FAILED;
    if (chat.sends >= Number(faults.take("ilink.quota", targets)?.value ?? REPLIES)) return PREPARE_FAILED;
    const isOld = msg.context_token !== chat.contextToken;
    if (isOld && faults.take("ilink.strict-context", targets)) return PREPARE_FAILED;
    const gap = faults.peek("ilink.throttle", targets);
    const tooSoon = gap && bot.lastSendAt !== undefined && clock.now() - bot.lastSendAt < Number(gap.value);
    if (tooSoon && faults.take("ilink.throttle", targets)) return PREPARE_FAILED;
    return undefined;
  }

  function show(bot: Bot, chat: Chat, item: ScreenItem): void {
    chat.screen.push(item);
    changed(bot.botId, chat.person.id);
  }

  function shown(id: string, item: JsonObject): ScreenItem {
    const base = {
      id,
      direction: "outbound" as const,
      at: new Date(clock.now()).toISOString(),
      state: "shown" as const,
      by: "api",
    };
    switch (item.type) {
      case ITEM.text:
        return { ...base, kind: "text", text: textOf(item) };
      case ITEM.image:
        return { ...base, kind: "image", ...media(item, "image_item", "picture", "mid_size") };
      case ITEM.video:
        return { ...base, kind: "video", ...media(item, "video_item", "video", "video_size") };
      case ITEM.file:
        return { ...base, kind: "file", ...media(item, "file_item", nameOf(item), undefined) };
      case ITEM.voice:
        // Taken, and never shown, whatever the codec.
        return { ...base, kind: "voice", state: "failed", rendered: false };
      case ITEM.toolStart:
      case ITEM.toolResult: {
        const tool = field(item, item.type === ITEM.toolStart ? "tool_call_start_item" : "tool_call_result_item");
        return {
          ...base,
          kind: "tool",
          tool: String(tool.tool_name),
          callId: String(tool.tool_call_id),
          status: String(tool.status ?? "started"),
        };
      }
      default:
        return { ...base, kind: "unknown", state: "failed", type: item.type };
    }
  }

  /** A file is broken, a grey picture, unless its reference, key and size are all right. */
  function media(item: JsonObject, name: string, filename: string, sizeName: string | undefined): JsonObject {
    const payload = field(item, name);
    const reference = field(payload, "media");
    const param = String(reference.encrypt_query_param);
    const stored = cdn.files.get(param);
    const key = keyOfReference(String(reference.aes_key));
    const plain = stored && key ? decryptFile(stored.bytes, key) : undefined;
    const sizeIsRight =
      sizeName === undefined ? payload.len === String(plain?.length) : payload[sizeName] === stored?.bytes.length;
    if (!stored || !plain || !sizeIsRight) return { state: "failed", broken: true };
    const url = `${baseUrl()}/cdn/c2c/plain/${previewName(param)}`;
    return { media: { filename, bytes: plain.length, url } };
  }
}

function field(source: JsonObject, name: string): JsonObject {
  const value: JsonValue | undefined = source[name];
  return isJsonObject(value) ? value : {};
}

function textOf(item: JsonObject): string {
  const { text } = field(item, "text_item");
  return typeof text === "string" ? text : "";
}

function nameOf(item: JsonObject): string {
  return String(field(item, "file_item").file_name ?? "file");
}
