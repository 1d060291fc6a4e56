import type { JsonObject, JsonValue } from "@wxgate/core";

/*
 * The bot's shapes. Names of the wire (`msgtype`, `chatid`) are known here and in the parsing files, nowhere else. Fields
 * are read one by one and leniently: one odd field must not cost a message.
 * https://developer.work.weixin.qq.com/document/path/100719
 */

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A string that is not empty; a number becomes its decimal text. */
export function textField(source: JsonObject, name: string): string | undefined {
  const value = source[name];
  if (typeof value === "string") return value === "" ? undefined : value;
  return typeof value === "number" ? String(value) : undefined;
}

/** A number, also one that came as text. */
export function numberField(source: JsonObject, name: string): number | undefined {
  const value = source[name];
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value !== "string" || value.trim() === "") return undefined;
  const parsed = Number(value);
  return Number.isFinite(parsed) ? parsed : undefined;
}

export function objectField(source: JsonObject, name: string): JsonObject {
  const value = source[name];
  return isObject(value) ? value : {};
}

export function listField(source: JsonObject, name: string): readonly JsonValue[] {
  const value = source[name];
  return Array.isArray(value) ? value : [];
}

/** What a parsed message is addressed with. */
export interface BotContext {
  readonly channel: string;
  /** The bot's id. */
  readonly account: string;
  /** The name members see and mention; without it only a mention at the very start is taken off. */
  readonly botName?: string | undefined;
  /** Milliseconds since 1970; stands for a missing `create_time`, and begins the 5 s of an event's answer. */
  readonly receivedAt: number;
}

/** The bot a callback is for; undefined where it does not say. */
export function botOf(body: JsonObject): string | undefined {
  return textField(body, "aibotid");
}
