import { isJsonObject, type JsonObject } from "../json.ts";
import type { PlatformTools } from "../platform.ts";
import { createSendLimit } from "./limits.ts";
import { refuse } from "./refusal.ts";
import { CONTENT_BYTES, contentOf, createBotScreen, feedbackOf } from "./screen.ts";
import type { Bot, Chat, Issued, IssuedKind, Stream } from "./state.ts";
import { createUploads } from "./uploads.ts";

/** Carries a command out. What it returns is the answer's body. @throws BotRefusal */
export type Command = (bot: Bot, reqId: string, body: JsonObject) => JsonObject | undefined;

const WINDOW_MS = 10 * 60_000;
const EVENT_MS = 5_000;
const REPLY_MS = 24 * 3_600_000;
const MEDIA = ["file", "image", "voice", "video"];

/** Everything a subscribed client may ask for, by its command. */
export function createCommands(tools: PlatformTools): Readonly<Record<string, Command>> {
  const { clock, faults, baseUrl } = tools;
  const { put, post, showCard, snapshot, updateCard: change } = createBotScreen(tools);
  const limit = createSendLimit(tools);
  const uploads = createUploads(tools);

  function issuedFor(bot: Bot, reqId: string, kind: IssuedKind, ms: number): Issued {
    const issued = bot.issued.get(reqId);
    if (issued === undefined || issued.kind !== kind || clock.now() - issued.at > ms) refuse(846605);
    return issued;
  }

  function respond(bot: Bot, reqId: string, body: JsonObject): undefined {
    const issued = issuedFor(bot, reqId, "message", REPLY_MS);
    const kind = String(body.msgtype);
    if (kind === "stream") return stream(bot, issued.chat, reqId, body.stream);
    if (kind !== "markdown" && kind !== "template_card" && !MEDIA.includes(kind)) refuse(40008);
    limit(bot, issued.chat);
    post(bot, issued.chat, body, "reply", CONTENT_BYTES);
  }

  function stream(bot: Bot, chat: Chat, reqId: string, fields: JsonObject[string]): undefined {
    if (!isJsonObject(fields) || typeof fields.id !== "string" || fields.id === "") refuse(40058, "stream.id");
    const content = contentOf(fields.content ?? "", CONTENT_BYTES);
    const finish = fields.finish === true;
    const key = `${reqId}\n${fields.id}`;
    const known = bot.streams.get(key);
    if (known === undefined) {
      limit(bot, chat);
      const item = put(bot, chat, "text", "reply", { ...feedbackOf(fields), stream: fields.id });
      const opened: Stream = { id: fields.id, item, firstAt: clock.now(), finished: false };
      bot.streams.set(key, opened);
      return snapshot(bot, chat, opened, content, finish);
    }
    if (faults.peek("bot.stream.refreshes-count", [bot.options.botId])) limit(bot, chat);
    if (known.finished) {
      if (faults.peek("bot.stream.ok-after-finish", [bot.options.botId])) return undefined;
      refuse(846608);
    }
    if (clock.now() - known.firstAt > windowMs(bot)) refuse(846608);
    return snapshot(bot, chat, known, content, finish);
  }

  function windowMs(bot: Bot): number {
    const hit = faults.peek("bot.stream.window", [bot.options.botId]);
    return typeof hit?.value === "number" ? hit.value : WINDOW_MS;
  }

  function welcome(bot: Bot, reqId: string, body: JsonObject): undefined {
    const issued = issuedFor(bot, reqId, "enter_chat", EVENT_MS);
    if (issued.used) refuse(846605);
    if (body.msgtype === "text") {
      const text = isJsonObject(body.text) ? contentOf(body.text.content, CONTENT_BYTES) : "";
      if (text.trim() === "") refuse(93017);
      put(bot, issued.chat, "text", "welcome", { text });
    } else if (body.msgtype === "template_card" && isJsonObject(body.template_card)) {
      showCard(bot, issued.chat, body.template_card, "welcome");
    } else refuse(40008);
    issued.used = true;
  }

  function updateCard(bot: Bot, reqId: string, body: JsonObject): undefined {
    const issued = issuedFor(bot, reqId, "card", EVENT_MS);
    const card = body.template_card;
    if (body.response_type !== "update_template_card" || !isJsonObject(card)) refuse(40058);
    if (card.task_id !== issued.taskId) refuse(40058, "task_id differs");
    change(bot, issued.chat, card);
  }

  function send(bot: Bot, _reqId: string, body: JsonObject): undefined {
    const kind = String(body.msgtype);
    if (kind !== "markdown" && kind !== "template_card" && !MEDIA.includes(kind)) refuse(40008);
    const { chatid: id, chat_type: type = 0 } = body;
    const group = bot.chats.get(`group:${String(id)}`);
    const single = bot.chats.get(`single:${String(id)}`);
    const chat = type === 2 ? group : type === 1 ? single : (group ?? single);
    if (chat === undefined || chat.lastUserMessageAt === undefined) refuse(93006);
    if (!chat.hasBot) refuse(93001);
    limit(bot, chat);
    const hit = faults.peek("bot.markdown.limit", [bot.options.botId]);
    post(bot, chat, body, "api", typeof hit?.value === "number" ? hit.value : CONTENT_BYTES);
  }

  return {
    aibot_respond_msg: respond,
    aibot_respond_welcome_msg: welcome,
    aibot_respond_update_msg: updateCard,
    aibot_send_msg: send,
    aibot_upload_media_init: (bot, _reqId, body) => uploads.init(bot, body),
    aibot_upload_media_chunk: (bot, _reqId, body) => {
      uploads.chunk(bot, body);
      return undefined;
    },
    aibot_upload_media_finish: (bot, _reqId, body) => uploads.finish(bot, body),
    aibot_get_mcp_config: (bot, _reqId, body) => mcpConfig(bot, body, baseUrl()),
    aibot_send_biz_msg(bot, _reqId, body) {
      const group = body.chat_type === 2;
      const chat = bot.chats.get(`${group ? "group" : "single"}:${String(body.chat_id)}`);
      if (chat === undefined) refuse(93006);
      put(bot, chat, "authorisation", "api", { title: `authorisation ${String(body.biz_type)}` });
      return undefined;
    },
  };
}

/** Where the bot's tools would be; the address holds the credential. */
function mcpConfig(bot: Bot, { biz_type: category }: JsonObject, baseUrl: string): JsonObject {
  if (typeof category !== "string" || category === "") refuse(40058, "biz_type");
  return {
    url: `${baseUrl}/mcp/robot-${category}?apikey=sim-${bot.options.botId}-${category}`,
    type: "streamable-http",
  };
}
