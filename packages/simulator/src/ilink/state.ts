import { randomBytes } from "node:crypto";
import { randomId, stableId } from "../ids.ts";
import type { JsonObject } from "../json.ts";
import type { ScreenItem } from "../platform.ts";

export interface Bot {
  readonly botId: string;
  readonly token: string;
  readonly owner: Person;
  valid: boolean;
  online: boolean;
  /** What people wrote, oldest first; `seq` counts from 1. */
  queue: { readonly seq: number; readonly message: JsonObject }[];
  seq: number;
  /** Up to here everything was handed to a poll. */
  handedOut: number;
  readonly chats: Map<string, Chat>;
  lastSendAt: number | undefined;
  /** Ends the poll that is held now. */
  endPoll: ((why: "news" | "replaced" | "stale") => void) | undefined;
}

export interface Person {
  readonly id: string;
  readonly name: string;
}

/** One person's chat with one bot. */
export interface Chat {
  readonly person: Person;
  contextToken: string | undefined;
  lastInboundAt: number | undefined;
  sends: number;
  readonly clientIds: Set<string>;
  ticket: { readonly value: string; readonly goodUntil: number } | undefined;
  typing: boolean;
  readonly screen: ScreenItem[];
}

export const WINDOW_MS = 24 * 3_600_000;
export const REPLIES = 10;
const SUFFIX = "@im.wechat";

/** A person keeps their id over all bots. Ids are mixed case. */
export function personOf(nameOrId: string): Person {
  if (nameOrId.endsWith(SUFFIX)) return { id: nameOrId, name: nameOrId.slice(0, -SUFFIX.length) };
  return { id: `${stableId("o9cq", 24, "ilink person", nameOrId)}${SUFFIX}`, name: nameOrId };
}

export function newBot(owner: Person, fixed?: { readonly botId: string; readonly token: string }): Bot {
  const botId = fixed?.botId ?? `${randomBytes(6).toString("hex")}@im.bot`;
  return {
    botId,
    token: fixed?.token ?? `${botId}:${randomId("", 24)}`,
    owner,
    valid: true,
    online: false,
    queue: [],
    seq: 0,
    handedOut: 0,
    chats: new Map(),
    lastSendAt: undefined,
    endPoll: undefined,
  };
}

export function chatOf(bot: Bot, person: Person): Chat {
  const known = bot.chats.get(person.id);
  if (known) return known;
  const chat: Chat = {
    person,
    contextToken: undefined,
    lastInboundAt: undefined,
    sends: 0,
    clientIds: new Set(),
    ticket: undefined,
    typing: false,
    screen: [],
  };
  bot.chats.set(person.id, chat);
  return chat;
}

/** A random 64-bit id: larger than a double holds. */
export function newMessageId(): string {
  return (randomBytes(8).readBigUInt64BE() | (1n << 62n)).toString();
}

/** The bot is dead: every later call with its token is refused. */
export function invalidate(bot: Bot): void {
  bot.valid = false;
  bot.online = false;
  bot.endPoll?.("stale");
}
