import { randomId, stableId } from "../ids.ts";
import type { JsonObject } from "../json.ts";
import type { ScreenItem } from "../platform.ts";
import type { Corp } from "../qyapi/corps.ts";
import type { BotOptions } from "./options.ts";

export type ShownItem = { -readonly [Key in keyof ScreenItem]: ScreenItem[Key] };

/** A client's socket, as the platform's side knows it. */
export interface Connection {
  readonly id: string;
  bot: Bot | undefined;
  /** Another connection of the bot came: pings are answered, nothing else works. */
  kicked: boolean;
  send(frame: JsonObject): void;
  /** Without a closing handshake. */
  drop(): void;
}

/** A single chat with one member, or a group. */
export interface Chat {
  readonly kind: "single" | "group";
  /** The member's userid or the group's chatid; case counts. */
  readonly id: string;
  readonly name: string;
  hasBot: boolean;
  lastUserMessageAt: number | undefined;
  /** When the bot sent something, for the limits per minute and hour. */
  readonly sends: number[];
  readonly items: ShownItem[];
}

export type IssuedKind = "message" | "enter_chat" | "card" | "other";

/** A callback's `req_id`, and what it may still be used for. */
export interface Issued {
  readonly kind: IssuedKind;
  readonly chat: Chat;
  readonly user: string;
  readonly at: number;
  readonly taskId?: string;
  used: boolean;
}

export interface Stream {
  readonly id: string;
  readonly item: ShownItem;
  readonly firstAt: number;
  finished: boolean;
}

export interface UploadSession {
  readonly id: string;
  readonly type: "file" | "image" | "voice" | "video";
  readonly filename: string;
  readonly totalSize: number;
  readonly totalChunks: number;
  readonly md5: string | undefined;
  readonly startedAt: number;
  readonly chunks: Map<number, Buffer>;
}

export interface Bot {
  readonly corp: Corp;
  readonly options: BotOptions;
  current: Connection | undefined;
  readonly chats: Map<string, Chat>;
  readonly issued: Map<string, Issued>;
  /** By `req_id` and stream id. */
  readonly streams: Map<string, Stream>;
  readonly uploads: Map<string, UploadSession>;
  readonly uploadTimes: number[];
  readonly cards: Map<string, readonly ShownItem[]>;
  subscribes: number[];
}

export function createBot(corp: Corp, options: BotOptions): Bot {
  return {
    corp,
    options,
    current: undefined,
    chats: new Map(),
    issued: new Map(),
    streams: new Map(),
    uploads: new Map(),
    uploadTimes: [],
    cards: new Map(),
    subscribes: [],
  };
}

export function resetBot(bot: Bot): void {
  bot.current?.drop();
  bot.current = undefined;
  for (const kept of [bot.chats, bot.issued, bot.streams, bot.uploads, bot.cards]) kept.clear();
  bot.uploadTimes.length = 0;
  bot.subscribes = [];
}

export function groupId(bot: Bot, nameOrId: string): string {
  return /^wr/i.test(nameOrId) ? nameOrId : stableId("wrSim", 24, bot.options.botId, nameOrId);
}

export function chatOf(bot: Bot, user: string, group?: string): Chat {
  const kind = group === undefined ? "single" : "group";
  const id = group === undefined ? user : groupId(bot, group);
  const key = `${kind}:${id}`;
  const known = bot.chats.get(key);
  if (known) return known;
  const chat: Chat = {
    kind,
    id,
    name: group ?? user,
    hasBot: true,
    lastUserMessageAt: undefined,
    sends: [],
    items: [],
  };
  bot.chats.set(key, chat);
  return chat;
}

const KEPT_ISSUED = 50_000;
const KEPT_ITEMS = 2_000;

export function issue(bot: Bot, issued: Issued): string {
  const reqId = randomId("SIM", 14);
  bot.issued.set(reqId, issued);
  if (bot.issued.size > KEPT_ISSUED) bot.issued.delete(bot.issued.keys().next().value as string);
  return reqId;
}

export function show(chat: Chat, item: ShownItem): void {
  chat.items.push(item);
  if (chat.items.length > KEPT_ITEMS) chat.items.splice(0, KEPT_ITEMS / 2);
}
