import { randomId } from "../ids.ts";
import { isJsonObject, type JsonObject } from "../json.ts";
import type { PlatformTools } from "../platform.ts";
import { refuse } from "./refusal.ts";
import { mediaShown, showsWords } from "./shown.ts";
import { type Bot, type Chat, type ShownItem, type Stream, show } from "./state.ts";

/** `stream.content` and `markdown.content`, bytes of UTF-8. */
export const CONTENT_BYTES = 20_480;

/** What a bot's messages look like on the phone, however they came. */
export interface BotScreen {
  put(bot: Bot, chat: Chat, kind: string, by: string, fields: Readonly<Record<string, unknown>>): ShownItem;
  /** Markdown, a card or a file. @throws BotRefusal */
  post(bot: Bot, chat: Chat, body: JsonObject, by: string, maxBytes: number): void;
  /** @throws BotRefusal */
  showCard(bot: Bot, chat: Chat, card: JsonObject, by: string): void;
  /** The whole content takes the place of what was there. A last frame that shows nothing leaves the bubble spinning. */
  snapshot(bot: Bot, chat: Chat, to: Stream, content: string, finish: boolean): undefined;
  /** The card with this task, on every phone. */
  updateCard(bot: Bot, chat: Chat, card: JsonObject): void;
}

export function createBotScreen({ clock, changed, baseUrl }: PlatformTools): BotScreen {
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

  function updateCard(bot: Bot, chat: Chat, card: JsonObject): void {
    for (const item of bot.cards.get(String(card.task_id)) ?? []) {
      item.card = card;
      item.title = titleOf(card);
      item.updates = Number(item.updates ?? 0) + 1;
    }
    changed(bot.options.botId, chat.id);
  }

  return { put, post, showCard, snapshot, updateCard };
}

/** @throws BotRefusal 40058 */
export function contentOf(value: JsonObject[string], maxBytes: number): string {
  if (typeof value !== "string") refuse(40058, "content");
  if (Buffer.byteLength(value) > maxBytes) refuse(40058, `content has more than ${maxBytes} bytes`);
  return value;
}

export function feedbackOf(fields: JsonObject): { feedbackId?: string } {
  const id = isJsonObject(fields.feedback) ? fields.feedback.id : undefined;
  if (id === undefined) return {};
  if (typeof id !== "string" || Buffer.byteLength(id) > 256) refuse(40058, "feedback.id");
  return { feedbackId: id };
}

export function titleOf(card: JsonObject): string {
  const title = isJsonObject(card.main_title) ? card.main_title.title : undefined;
  return typeof title === "string" ? title : String(card.card_type);
}
