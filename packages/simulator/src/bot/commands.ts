import { randomId } from "../ids.ts";
import { isJsonObject, type JsonObject } from "../json.ts";
import type { PlatformTools } from "../platform.ts";
import { createSendLimit } from "./limits.ts";
import { refuse } from "./refusal.ts";
import { mediaShown, showsWords } from "./shown.ts";
import { type Bot, type Chat, type Issued, type IssuedKind, type ShownItem, type Stream, show } from "./state.ts";
import { createUploads } from "./uploads.ts";

/** Carries a command out. What it returns is the answer's body. @throws BotRefusal */
export type Command = (bot: Bot, reqId: string, body: JsonObject) => JsonObject | undefined;

const CONTENT_BYTES = 20_480;
const WINDOW_MS = 10 * 60_000;
const EVENT_MS = 5_000;
const REPLY_MS = 24 * 3_600_000;
const MEDIA = ["file", "image", "voice", "video"];

/** Everything a subscribed client may ask for, by its command. */
export function createCommands(tools: PlatformTools): Readonly<Record<string, Command>> {
  const { clock, faults, changed, baseUrl } = tools;
  const limit = createSendLimit(tools);
  const uploads = createUploads(tools);

  function issuedFor(bot: Bot, reqId: string, kind: IssuedKind, ms: number): Issued {
    const issued = bot.issued.get(reqId);
    if (issued === undefined || issued.kind !== kind || clock.now() - issued.at > ms) refuse(846605);
    return issued;
  }

  function put(bot: Bot, chat: Chat, kind: string, by: string, fields: Readonly<Record<string, unknown>>): ShownItem {
    const item: ShownItem = {
      id: randomId("out_", 9),
      direction: "outbound",
      at: new Date(clock.now()).toISOString(),
      kind,
      state: "shown",
      by,
      ...fields,
    };
    show(chat, item);
    changed(bot.options.botId, chat.id);
    return item;
  }

  /** Markdown, a card or a file: the same in answers and in messages of the bot's own accord. */
  function post(bot: Bot, chat: Chat, body: JsonObject, by: string, maxBytes: number): void {
    const kind = String(body.msgtype);
    const inner = body[kind];
    if (!isJsonObject(inner)) refuse(40058, kind);
    if (kind === "markdown") {
      const text = contentOf(inner.content, maxBytes);
      if (!showsWords(text)) refuse(93017);
      put(bot, chat, "text", by, { text, markdown: true, ...feedbackOf(inner) });
    } else if (kind === "template_card") showCard(bot, chat, inner, by);
    else {
      const media = typeof inner.media_id === "string" ? bot.corp.media.find(inner.media_id) : undefined;
      if (media === undefined) refuse(40007);
      if (kind !== "file" && media.kind !== kind) refuse(40007, `it was uploaded as ${media.kind}`);
      put(bot, chat, kind, by, { media: mediaShown(bot.corp, media, baseUrl()) });
    }
  }

  function showCard(bot: Bot, chat: Chat, card: JsonObject, by: string): void {
    if (typeof card.card_type !== "string") refuse(40058, "card_type");
    const taskId = typeof card.task_id === "string" ? card.task_id : undefined;
    if (taskId !== undefined && !/^[0-9A-Za-z_@-]{1,128}$/.test(taskId)) refuse(40058, "task_id");
    const known = taskId === undefined ? undefined : bot.cards.get(taskId);
    if (known !== undefined) refuse(40058, "task_id was used before");
    const item = put(bot, chat, "card", by, { title: titleOf(card), card, ...feedbackOf(card) });
    if (taskId !== undefined) bot.cards.set(taskId, [item]);
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

  /** The whole content takes the place of what was there. A last frame that shows nothing leaves the bubble spinning. */
  function snapshot(bot: Bot, chat: Chat, to: Stream, content: string, finish: boolean): undefined {
    const { item } = to;
    item.text = content;
    item.updates = Number(item.updates ?? 0) + 1;
    item.updatedAt = new Date(clock.now()).toISOString();
    item.finishes = Number(item.finishes ?? 0) + (finish ? 1 : 0);
    to.finished = finish;
    item.finished = finish;
    item.spinning = !finish || !showsWords(content);
    changed(bot.options.botId, chat.id);
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
    for (const item of bot.cards.get(String(card.task_id)) ?? []) {
      item.card = card;
      item.title = titleOf(card);
      item.updates = Number(item.updates ?? 0) + 1;
    }
    changed(bot.options.botId, issued.chat.id);
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

function contentOf(value: JsonObject[string], maxBytes: number): string {
  if (typeof value !== "string") refuse(40058, "content");
  if (Buffer.byteLength(value) > maxBytes) refuse(40058, `content has more than ${maxBytes} bytes`);
  return value;
}

function feedbackOf(fields: JsonObject): { feedbackId?: string } {
  const id = isJsonObject(fields.feedback) ? fields.feedback.id : undefined;
  if (id === undefined) return {};
  if (typeof id !== "string" || Buffer.byteLength(id) > 256) refuse(40058, "feedback.id");
  return { feedbackId: id };
}

function titleOf(card: JsonObject): string {
  const title = isJsonObject(card.main_title) ? card.main_title.title : undefined;
  return typeof title === "string" ? title : String(card.card_type);
}
