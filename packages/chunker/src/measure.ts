/**
 * How large a piece may be: in UTF-8 bytes (4 or more, the longest character), or in characters, which are Unicode
 * code points (1 or more): `"中"` and `"😀"` are one character each, a family emoji of seven code points is seven.
 */
export type TextLimit = { readonly maxBytes: number } | { readonly maxCharacters: number };

/** A way of counting text. Both walks are over UTF-16 indices and never end inside a surrogate pair. */
export interface Unit {
  /** The room that the largest single code point needs. */
  readonly largest: number;
  length(text: string, from: number, to: number): number;
  /** The furthest index that keeps `text.slice(from, index)` within `room`. */
  reach(text: string, from: number, room: number): number;
}

function isLeadingSurrogate(code: number): boolean {
  return (code & 0xfc00) === 0xd800;
}

function isTrailingSurrogate(code: number): boolean {
  return (code & 0xfc00) === 0xdc00;
}

function isPairAt(text: string, index: number, end: number): boolean {
  return (
    isLeadingSurrogate(text.charCodeAt(index)) && index + 1 < end && isTrailingSurrogate(text.charCodeAt(index + 1))
  );
}

/**
 * The bytes of `text.slice(from, to)` in UTF-8, without encoding it. A lone surrogate counts three bytes, as encoders
 * write U+FFFD in its place.
 */
export function utf8Length(text: string, from = 0, to = text.length): number {
  let bytes = 0;
  for (let index = from; index < to; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x80) bytes += 1;
    else if (code < 0x800) bytes += 2;
    else if (code < 0xd800 || code > 0xdbff || !isPairAt(text, index, to)) bytes += 3;
    else {
      bytes += 4;
      index++;
    }
  }
  return bytes;
}

/** The characters (Unicode code points) of `text.slice(from, to)`; a lone surrogate counts one. */
export function characterLength(text: string, from = 0, to = text.length): number {
  let characters = 0;
  for (let index = from; index < to; index++) {
    characters++;
    if (isPairAt(text, index, to)) index++;
  }
  return characters;
}

function reachBytes(text: string, from: number, room: number): number {
  const end = text.length;
  let left = room;
  let index = from;
  while (index < end) {
    const code = text.charCodeAt(index);
    let step = 1;
    if (code < 0x80) left -= 1;
    else if (code < 0x800) left -= 2;
    else if (code < 0xd800 || code > 0xdbff || !isPairAt(text, index, end)) left -= 3;
    else {
      left -= 4;
      step = 2;
    }
    if (left < 0) return index;
    index += step;
  }
  return end;
}

function reachCharacters(text: string, from: number, room: number): number {
  const end = text.length;
  let index = from;
  for (let left = room; left > 0 && index < end; left--) index += isPairAt(text, index, end) ? 2 : 1;
  return Math.max(index, from);
}

/** From this room on, in bytes, the engine's encoder counts faster than a loop. */
const ENCODER_PAYS = 256;

/** Bytes, counted by encoding long pieces: `max` bounds the room that is asked for. */
function createBytes(max: number): Unit {
  let scratch: Uint8Array | undefined;

  function reach(text: string, from: number, room: number): number {
    const left = text.length - from;
    if (3 * left <= room) return text.length;
    if (room < ENCODER_PAYS || room > max) return reachBytes(text, from, room);
    scratch ??= new Uint8Array(Math.min(max, 3 * text.length));
    // A unit takes a byte or more. A pair that the slice tears at its end is not read: it needs more room than is left.
    return from + encoder.encodeInto(text.slice(from, from + room), scratch.subarray(0, room)).read;
  }

  return { largest: 4, length: utf8Length, reach };
}

const encoder = new TextEncoder();

const CHARACTERS: Unit = { largest: 1, length: characterLength, reach: reachCharacters };

/** @throws RangeError when the limit is no whole number, or below what one character may need. */
export function measureOf(limit: TextLimit): { readonly unit: Unit; readonly max: number } {
  const inBytes = "maxBytes" in limit;
  const max = inBytes ? limit.maxBytes : limit.maxCharacters;
  const unit = inBytes ? createBytes(max) : CHARACTERS;
  if (!Number.isSafeInteger(max) || max < unit.largest) {
    const name = inBytes ? "maxBytes" : "maxCharacters";
    throw new RangeError(`${name} is ${max}; it must be a whole number of at least ${unit.largest}`);
  }
  return { unit, max };
}
