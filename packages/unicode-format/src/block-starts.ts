import { isAsciiLetter, isBlank, isDigit, isSpaceOrTab, trimmedEnd, trimmedStart } from "./characters.ts";
import type { UnitText } from "./unit-text.ts";

const BACKTICK = 0x60;
const HASH = 0x23;
const DOT = 0x2e;
const CLOSING_PARENTHESIS = 0x29;

const STARTS = new Uint8Array(128);
for (const character of "#*+-0123456789:<=>_`|~") STARTS[character.charCodeAt(0)] = 1;

/** Whether a line that starts with this character may be more than a line of text. */
export function mayStartBlock(code: number): boolean {
  return code < 128 && STARTS[code] === 1;
}

export interface FenceStart {
  readonly fence: string;
  readonly info: string;
}

export interface ListMarker {
  /** What tells lists apart: the bullet, or the character behind the number. */
  readonly mark: number;
  /** Undefined for a bullet. */
  readonly number: number | undefined;
  /** Characters of the marker itself. */
  readonly width: number;
}

export interface AtxHeading {
  readonly level: number;
  /** Where its text stands, without the marks. */
  readonly from: number;
  readonly to: number;
}

function runLength(text: UnitText, start: number, end: number): number {
  const code = text.code(start);
  let at = start + 1;
  while (at < end && text.code(at) === code) at++;
  return at - start;
}

/** `# Heading #`; undefined where `text.slice(start, end)` is none. */
export function readAtxHeading(text: UnitText, start: number, end: number): AtxHeading | undefined {
  const level = runLength(text, start, end);
  const behind = start + level;
  if (level > 6 || (behind < end && !isSpaceOrTab(text.code(behind)))) return undefined;
  const last = trimmedEnd(text, behind, end);
  const from = trimmedStart(text, behind, last);
  let to = last;
  while (to > from && text.code(to - 1) === HASH) to--;
  const hasClosing = to < last && (to === from || isSpaceOrTab(text.code(to - 1)));
  return { level, from, to: hasClosing ? trimmedEnd(text, from, to) : last };
}

/** `===` or `---` under a paragraph: the heading's level. */
export function readSetextUnderline(text: UnitText, start: number, end: number): 1 | 2 | undefined {
  if (!isBlank(text, start + runLength(text, start, end), end)) return undefined;
  return text.code(start) === 0x3d ? 1 : 2;
}

/** Three or more of the same `*`, `-` or `_`, with any spaces between. */
export function isRule(text: UnitText, start: number, end: number): boolean {
  const mark = text.code(start);
  let marks = 0;
  for (let at = start; at < end; at++) {
    const code = text.code(at);
    if (code === mark) marks++;
    else if (!isSpaceOrTab(code)) return false;
  }
  return marks >= 3;
}

export function readFenceStart(text: UnitText, start: number, end: number): FenceStart | undefined {
  const length = runLength(text, start, end);
  if (length < 3) return undefined;
  const info = text.slice(start + length, end).trim();
  if (text.code(start) === BACKTICK && info.includes("`")) return undefined;
  return { fence: text.slice(start, start + length), info };
}

export function closesFence(fence: string, text: UnitText, start: number, end: number): boolean {
  if (text.code(start) !== fence.charCodeAt(0)) return false;
  const length = runLength(text, start, end);
  return length >= fence.length && isBlank(text, start + length, end);
}

/** A bullet or a number of at most nine digits, with a space or the line's end behind it. */
export function readListMarker(text: UnitText, start: number, end: number): ListMarker | undefined {
  let at = start;
  let number = 0;
  for (; at < end && at - start < 10 && isDigit(text.code(at)); at++) number = 10 * number + text.code(at) - 0x30;
  const digits = at - start;
  if (digits > 9 || at === end) return undefined;
  const mark = text.code(at);
  const behind = at + 1;
  const fits = digits > 0 ? mark === DOT || mark === CLOSING_PARENTHESIS : isBullet(mark);
  if (!fits || (behind < end && !isSpaceOrTab(text.code(behind)))) return undefined;
  return { mark, number: digits > 0 ? number : undefined, width: behind - start };
}

/** `*`, `+`, `-`. */
function isBullet(code: number): boolean {
  return code === 0x2a || code === 0x2b || code === 0x2d;
}

/** Whether the `[ ]` or `[x]` at the start of an item, with text behind it, is checked; undefined where there is none. */
export function readTaskBox(text: UnitText, start: number, end: number): boolean | undefined {
  if (text.code(start) !== 0x5b || start + 4 >= end || !isSpaceOrTab(text.code(start + 3))) return undefined;
  const mark = text.code(start + 1);
  if (text.code(start + 2) !== 0x5d || (mark !== 0x20 && (mark | 0x20) !== 0x78)) return undefined;
  return mark !== 0x20;
}

/** Raw blocks that are no text for a reader, or verbatim text: how each starts, and what its last line holds. */
const RAW_BLOCKS: readonly { readonly start: RegExp; readonly end: RegExp; readonly isShown: boolean }[] = [
  { start: /^<pre(?:\s[^>]*>|>|(?=\s|$))/i, end: /<\/pre>/i, isShown: true },
  { start: /^<script(?=[\s>]|$)/i, end: /<\/script>/i, isShown: false },
  { start: /^<style(?=[\s>]|$)/i, end: /<\/style>/i, isShown: false },
  { start: /^<!--/, end: /-->/, isShown: false },
  { start: /^<\?/, end: /\?>/, isShown: false },
  { start: /^<![a-zA-Z]/, end: />/, isShown: false },
  { start: /^<!\[CDATA\[/, end: /\]\]>/, isShown: true },
];

export interface RawBlockStart {
  readonly end: RegExp;
  readonly isShown: boolean;
  /** Characters of the line that open the block. */
  readonly width: number;
}

export function readRawBlockStart(text: UnitText, start: number, end: number): RawBlockStart | undefined {
  const next = text.code(start + 1);
  if (next !== 0x21 && next !== 0x3f && !isAsciiLetter(next)) return undefined;
  const line = text.slice(start, end);
  for (const block of RAW_BLOCKS) {
    const opening = block.start.exec(line);
    if (opening) return { end: block.end, isShown: block.isShown, width: opening[0].length };
  }
  return undefined;
}
