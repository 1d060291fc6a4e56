import { isAsciiLetter, isBlank, isDigit, isSpaceOrTab } from "./characters.ts";

const BACKTICK = 0x60;

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
  readonly type: string;
  readonly number?: number;
  /** Characters of the marker itself. */
  readonly width: number;
}

function runLength(text: string, start: number, end: number): number {
  const code = text.charCodeAt(start);
  let at = start + 1;
  while (at < end && text.charCodeAt(at) === code) at++;
  return at - start;
}

/** `# Heading #`: its level, and its text without the marks; undefined where `text.slice(start, end)` is none. */
export function readAtxHeading(text: string, start: number, end: number): { level: number; text: string } | undefined {
  const level = runLength(text, start, end);
  const from = start + level;
  if (level > 6 || (from < end && !isSpaceOrTab(text.charCodeAt(from)))) return undefined;
  const content = text.slice(from, end).trim();
  let to = content.length;
  while (to > 0 && content.charCodeAt(to - 1) === 0x23) to--;
  const hasClosing = to < content.length && (to === 0 || isSpaceOrTab(content.charCodeAt(to - 1)));
  return { level, text: hasClosing ? content.slice(0, to).trimEnd() : content };
}

/** `===` or `---` under a paragraph: the heading's level. */
export function readSetextUnderline(text: string, start: number, end: number): 1 | 2 | undefined {
  if (!isBlank(text, start + runLength(text, start, end), end)) return undefined;
  return text.charCodeAt(start) === 0x3d ? 1 : 2;
}

/** Three or more of the same `*`, `-` or `_`, with any spaces between. */
export function isRule(text: string, start: number, end: number): boolean {
  const mark = text.charCodeAt(start);
  let marks = 0;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === mark) marks++;
    else if (!isSpaceOrTab(code)) return false;
  }
  return marks >= 3;
}

export function readFenceStart(text: string, start: number, end: number): FenceStart | undefined {
  const length = runLength(text, start, end);
  if (length < 3) return undefined;
  const info = text.slice(start + length, end).trim();
  if (text.charCodeAt(start) === BACKTICK && info.includes("`")) return undefined;
  return { fence: text.slice(start, start + length), info };
}

export function closesFence(fence: string, text: string, start: number, end: number): boolean {
  if (text.charCodeAt(start) !== fence.charCodeAt(0)) return false;
  const length = runLength(text, start, end);
  return length >= fence.length && isBlank(text, start + length, end);
}

/** A bullet or a number of at most nine digits, with a space or the line's end behind it. */
export function readListMarker(text: string, start: number, end: number): ListMarker | undefined {
  let at = start;
  while (at < end && at - start < 10 && isDigit(text.charCodeAt(at))) at++;
  const digits = at - start;
  if (digits > 9) return undefined;
  const mark = text.charAt(at);
  const fits = digits > 0 ? mark === "." || mark === ")" : mark === "-" || mark === "*" || mark === "+";
  const behind = at + 1;
  if (!fits || (behind < end && !isSpaceOrTab(text.charCodeAt(behind)))) return undefined;
  const width = behind - start;
  return digits > 0 ? { type: mark, number: Number(text.slice(start, at)), width } : { type: mark, width };
}

/** Whether the `[ ]` or `[x]` at the start of an item, with text behind it, is checked. */
export function readTaskBox(text: string, start: number, end: number): boolean | undefined {
  if (text.charCodeAt(start) !== 0x5b || start + 4 >= end || !isSpaceOrTab(text.charCodeAt(start + 3)))
    return undefined;
  const box = text.slice(start, start + 3).toLowerCase();
  return box === "[x]" ? true : box === "[ ]" ? false : undefined;
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

export function readRawBlockStart(text: string, start: number, end: number): RawBlockStart | undefined {
  const next = text.charCodeAt(start + 1);
  if (next !== 0x21 && next !== 0x3f && !isAsciiLetter(next)) return undefined;
  const line = text.slice(start, end);
  for (const block of RAW_BLOCKS) {
    const opening = block.start.exec(line);
    if (opening) return { end: block.end, isShown: block.isShown, width: opening[0].length };
  }
  return undefined;
}
