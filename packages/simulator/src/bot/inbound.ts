import type { Content, MediaContent } from "../control/content.ts";
import { ControlError } from "../control/errors.ts";
import { randomId } from "../ids.ts";
import type { JsonObject } from "../json.ts";
import { storeFile } from "../kf/inbound.ts";
import type { StoredMedia } from "../media-store.ts";
import type { PlatformTools } from "../platform.ts";
import { mediaShown } from "./shown.ts";
import { type Bot, type Chat, chatOf, type IssuedKind, issue, type ShownItem, show } from "./state.ts";

/** A person in a chat with a bot. */
export interface Writer {
  readonly bot: Bot;
  readonly user: string;
  readonly group?: string;
}

/** One message a person writes: what it says, and what it answers. */
export interface Written {
  /** Several: one message that mixes words and pictures. */
  readonly parts: readonly Content[];
  readonly quote?: readonly Content[];
  /** The same id again, as when the platform repeats a callback. */
  readonly msgid?: string;
}

export interface BotInbound {
  write(writer: Writer, written: Written): Promise<string>;
  /** A raw callback body, as it is; `from`, `msgid` and the chat are added where they are missing. */
  raw(writer: Writer, body: JsonObject): string;
  event(writer: Writer, name: string, fields: JsonObject, kind?: IssuedKind, taskId?: string): string;
}

const FILES = ["image", "video", "file"];

/** How callbacks leave, and where their files wait. */
export interface BotOutlets {
  /** False when nobody listens. */
  push(bot: Bot, frame: JsonObject): boolean;
  /** The address of a file, and its key where it has one of its own. */
  offer(media: StoredMedia, account: string): JsonObject;
}

/** Turns what a person does into the platform's callbacks, and shows it on the phone. */
export function createBotInbound(tools: PlatformTools, { push: pushFrame, offer }: BotOutlets): BotInbound {
  const { clock, changed, baseUrl } = tools;

  function head({ bot, user }: Writer, chat: Chat): JsonObject {
    return {
      aibotid: bot.options.botId,
      // A single chat has no chatid.
      ...(chat.kind === "group" ? { chatid: chat.id } : {}),
      chattype: chat.kind,
      from: { userid: user },
    };
  }

  function push(writer: Writer, chat: Chat, cmd: string, body: JsonObject, kind: IssuedKind, taskId?: string): string {
    const { bot, user } = writer;
    const reqId = issue(bot, {
      kind,
      chat,
      user,
      at: clock.now(),
      used: false,
      ...(taskId === undefined ? {} : { taskId }),
    });
    const arrived = pushFrame(bot, { cmd, headers: { req_id: reqId }, body });
    if (!arrived) {
      const at = new Date(clock.now()).toISOString();
      show(chat, {
        id: randomId("note_", 9),
        direction: "notice",
        at,
        kind: "notice",
        text: "botOffline",
        state: "shown",
        by: "system",
      });
    }
    changed(bot.options.botId, chat.id);
    return reqId;
  }

  async function wire(writer: Writer, content: Content): Promise<{ body: JsonObject; media?: StoredMedia }> {
    if (content.kind === "text") return { body: { msgtype: "text", text: { content: content.text } } };
    if (content.kind === "voice") {
      // The platform recognises speech and keeps the sound; a sample's words stand in its file name.
      return { body: { msgtype: "voice", voice: { content: content.filename ?? "语音识别的文字" } } };
    }
    if (FILES.includes(content.kind)) {
      const media = await storeFile(writer.bot.corp, content as MediaContent);
      return { body: { msgtype: content.kind, [content.kind]: offer(media, writer.bot.options.botId) }, media };
    }
    if (content.kind === "link") {
      const { url, title, description } = content;
      return {
        body: { msgtype: "link", link: { url, title, ...(description === undefined ? {} : { desc: description }) } },
      };
    }
    if (content.kind === "unsupported")
      return { body: { msgtype: content.nativeType, [content.nativeType]: content.raw as JsonObject } };
    throw new ControlError(
      400,
      `A member cannot send ${content.kind} to a bot.`,
      "Kinds: text, image, voice, video, file, link.",
    );
  }

  /** In a group a bot hears only what mentions it. */
  function mentioned(writer: Writer, parts: readonly Content[]): readonly Content[] {
    if (writer.group === undefined) return parts;
    const mention = `@${writer.bot.options.name}`;
    if (parts.some((part) => part.kind === "text" && part.text.includes(mention))) return parts;
    const at = parts.findIndex((part) => part.kind === "text");
    if (at < 0) {
      throw new ControlError(
        400,
        "In a group a bot hears only texts that mention it.",
        "Send text, or text with pictures.",
      );
    }
    return parts.map((part, index) =>
      index === at && part.kind === "text" ? { ...part, text: `${mention} ${part.text}` } : part,
    );
  }

  async function contentBody(
    writer: Writer,
    parts: readonly Content[],
  ): Promise<{ body: JsonObject; media?: StoredMedia }> {
    const [only, ...more] = parts;
    if (only !== undefined && more.length === 0) return wire(writer, only);
    const items = await Promise.all(parts.map((part) => wire(writer, part)));
    return { body: { msgtype: "mixed", mixed: { msg_item: items.map(({ body }) => body) } } };
  }

  return {
    async write(writer, { parts, quote, msgid = randomId("msg", 15) }) {
      const { bot, user, group } = writer;
      const chat = chatOf(bot, user, group);
      const said = mentioned(writer, parts);
      const { body, media } = await contentBody(writer, said);
      const quoted = quote === undefined ? {} : { quote: (await contentBody(writer, quote)).body };
      chat.lastUserMessageAt = clock.now();
      const text = said
        .map((part) => (part.kind === "text" ? part.text : ""))
        .join("\n")
        .trim();
      const item: ShownItem = {
        id: msgid,
        direction: "inbound",
        at: new Date(clock.now()).toISOString(),
        kind: said.length > 1 ? "text" : (said[0]?.kind ?? "text"),
        ...(text === "" ? {} : { text }),
        ...(media === undefined ? {} : { media: mediaShown(bot.corp, media, baseUrl()) }),
        from: user,
        state: "sent",
        by: "customer",
      };
      show(chat, item);
      push(writer, chat, "aibot_msg_callback", { msgid, ...head(writer, chat), ...body, ...quoted }, "message");
      return msgid;
    },
    raw(writer, body) {
      const chat = chatOf(writer.bot, writer.user, writer.group);
      chat.lastUserMessageAt = clock.now();
      const msgid = typeof body.msgid === "string" ? body.msgid : randomId("msg", 15);
      push(writer, chat, "aibot_msg_callback", { msgid, ...head(writer, chat), ...body }, "message");
      return msgid;
    },
    event(writer, name, fields, kind = "other", taskId) {
      const chat = chatOf(writer.bot, writer.user, writer.group);
      const msgid = randomId("evt", 15);
      const body: JsonObject = {
        msgid,
        create_time: Math.floor(clock.now() / 1000),
        ...head(writer, chat),
        msgtype: "event",
        event: { eventtype: name, ...(Object.keys(fields).length === 0 ? {} : { [name]: fields }) },
      };
      push(writer, chat, "aibot_event_callback", body, kind, taskId);
      return msgid;
    },
  };
}
