import { createHash } from "node:crypto";
import { type InboundContent, isObject, type JsonObject, numberField, objectField, textField } from "@wxgate/core";
import { parseItem } from "./parse-item.ts";
import { idField } from "./wire.ts";

/** What a message quotes, as far as the wire says it. */
export interface Reference {
  readonly messageId?: string;
  /** When the quoted message was made, in milliseconds since 1970: all that quotes of the bot sometimes say. */
  readonly at?: number;
  readonly title?: string;
  readonly content?: readonly InboundContent[];
  readonly part?: PartialText;
}

/** A part of the quoted text was selected. */
export interface PartialText {
  readonly start: string;
  readonly end: string;
  /** Which occurrence, from 0. */
  readonly startIndex: number;
  readonly endIndex: number;
  /** MD5 of the part, in hex. */
  readonly md5?: string;
}

export function parseReference(ref: JsonObject): Reference | undefined {
  if (Object.keys(ref).length === 0) return undefined;
  const item = objectField(ref, "message_item");
  const messageId = idField(ref, "svr_id") ?? idField(item, "msg_id");
  const at = numberField(item, "create_time_ms");
  const title = textField(ref, "title");
  const content = hasPayload(item) ? [parseItem(item)] : undefined;
  const part = parsePart(objectField(ref, "partial_text"));
  return {
    ...(messageId === undefined ? {} : { messageId }),
    ...(at === undefined ? {} : { at }),
    ...(title === undefined ? {} : { title }),
    ...(content === undefined ? {} : { content }),
    ...(part === undefined ? {} : { part }),
  };
}

/** Quotes of the bot come with an item that says nothing. */
function hasPayload(item: JsonObject): boolean {
  return Object.entries(item).some(([name, value]) => name.endsWith("_item") && isObject(value));
}

function parsePart(partial: JsonObject): PartialText | undefined {
  const { start, end } = partial;
  if (typeof start !== "string" || typeof end !== "string" || start === "" || end === "") return undefined;
  const md5 = textField(partial, "quotemd5");
  return {
    start,
    end,
    startIndex: numberField(partial, "startindex") ?? 0,
    endIndex: numberField(partial, "endindex") ?? 0,
    ...(md5 === undefined ? {} : { md5: md5.toLowerCase() }),
  };
}

/**
 * The selected part of a text. What `endIndex` counts from is not known, the text's start or the part's: the checksum
 * decides, and without one the text's start. Undefined when neither fits.
 */
export function resolvePart(text: string, { start, end, startIndex, endIndex, md5 }: PartialText): string | undefined {
  const from = occurrence(text, start, startIndex, 0);
  if (from === undefined) return undefined;
  const candidates = [occurrence(text, end, endIndex, 0), occurrence(text, end, endIndex, from + start.length)].flatMap(
    (at) => (at === undefined || at + end.length < from + start.length ? [] : [text.slice(from, at + end.length)]),
  );
  if (md5 === undefined) return candidates[0];
  return candidates.find((candidate) => createHash("md5").update(candidate).digest("hex") === md5);
}

/** Where the `index`-th occurrence begins; they do not overlap. */
function occurrence(text: string, part: string, index: number, from: number): number | undefined {
  let at = text.indexOf(part, from);
  for (let count = 0; at >= 0 && count < index; count += 1) at = text.indexOf(part, at + part.length);
  return at < 0 ? undefined : at;
}
