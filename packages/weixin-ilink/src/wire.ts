import { isObject, type JsonObject, type JsonValue, numberField, textField } from "@wxgate/core";

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
    cursor: cursorOf(answer),
    timeoutMs: numberField(answer, "longpolling_timeout_ms"),
  };
}

/** An empty one means that the old one stays, whatever the older names beside it say. */
function cursorOf(answer: JsonObject): string | undefined {
  if (typeof answer.get_updates_buf === "string") return textField(answer, "get_updates_buf");
  return textField(answer, "next_cursor", "sync_buf");
}

/** An id of 0 is one that was not set. */
export function idField(source: JsonObject, ...names: readonly string[]): string | undefined {
  return names.map((name) => textField(source, name)).find((id) => id !== undefined && id !== "0");
}
