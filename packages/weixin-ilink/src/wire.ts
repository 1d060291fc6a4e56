import type { JsonObject, JsonValue } from "@wxgate/core";

/*
 * The platform's shapes. Names of the wire (`item_list`, `context_token`) are known here, in `parse.ts`, `render.ts`,
 * `login.ts` and `api.ts`, nowhere else. Fields are read one by one and leniently, in the official form first and then as
 * an older client writes them.
 */

export const ITEM = { text: 1, image: 2, voice: 3, file: 4, video: 5, toolStart: 11, toolResult: 12 } as const;
/** Uploads number the kinds differently from items. */
export const UPLOAD = { image: 1, video: 2, file: 3 } as const;
export const MESSAGE_BOT = 2;
export const STATE_FINISHED = 2;

export interface Updates {
  readonly messages: readonly JsonObject[];
  /** Absent: the old one stays. */
  readonly cursor: string | undefined;
  readonly timeoutMs: number | undefined;
}

export function parseUpdates(answer: JsonObject): Updates {
  const list = [answer.msgs, answer.updates, answer.messages].find((value) => Array.isArray(value));
  return {
    messages: ((list ?? []) as readonly JsonValue[]).filter(isObject),
    cursor: textField(answer, "get_updates_buf", "next_cursor", "sync_buf"),
    timeoutMs: numberField(answer, "longpolling_timeout_ms"),
  };
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The first of these fields that holds text; a number becomes its decimal digits. */
export function textField(source: JsonObject, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = source[name];
    if (typeof value === "string" && value !== "") return value;
    if (typeof value === "number") return String(value);
  }
  return undefined;
}

/** A number, also one that came as text. */
export function numberField(source: JsonObject, ...names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = source[name];
    const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    if (typeof number === "number" && Number.isFinite(number)) return number;
  }
  return undefined;
}

export function objectField(source: JsonObject, ...names: readonly string[]): JsonObject {
  for (const name of names) {
    const value = source[name];
    if (isObject(value)) return value;
  }
  return {};
}
