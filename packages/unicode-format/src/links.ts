import { isAsciiPunctuation, isBlank, isSpaceOrTab, isWhitespace } from "./characters.ts";
import { unescapeText } from "./entities.ts";
import type { UnitText } from "./unit-text.ts";

export interface LinkTarget {
  readonly url: string;
  readonly title?: string;
}

export type References = ReadonlyMap<string, LinkTarget>;

interface Part {
  readonly text: string;
  readonly end: number;
}

/** CommonMark lets an implementation bound these; a bound keeps a row of `[a](` linear. */
const MAX_PARENTHESES = 32;
const MAX_LABEL = 999;

const BACKSLASH = 0x5c;

function skipWhitespace(source: UnitText, from: number): number {
  let at = from;
  while (isWhitespace(source.code(at))) at++;
  return at;
}

function readAngleDestination(source: UnitText, start: number): Part | undefined {
  for (let at = start + 1; at < source.end; at++) {
    const code = source.code(at);
    if (code === 0x3e) return { text: unescapeText(source.slice(start + 1, at)), end: at + 1 };
    if (code === 0x0a || code === 0x3c) return undefined;
    if (code === BACKSLASH) at++;
  }
  return undefined;
}

function readDestination(source: UnitText, start: number): Part | undefined {
  if (source.code(start) === 0x3c) return readAngleDestination(source, start);
  let depth = 0;
  let hasEscape = false;
  const { units, end } = source;
  let at = start;
  for (; at < end; at++) {
    const code = units[at]!;
    if (code <= 0x20) break;
    if (code === 0x26) hasEscape = true;
    else if (code === BACKSLASH && isAsciiPunctuation(source.code(at + 1))) {
      hasEscape = true;
      at++;
    } else if (code === 0x28 && ++depth > MAX_PARENTHESES) return undefined;
    else if (code === 0x29 && --depth < 0) break;
  }
  if (depth > 0) return undefined;
  const text = source.slice(start, at);
  return { text: hasEscape ? unescapeText(text) : text, end: at };
}

function readTitle(source: UnitText, start: number): Part | undefined {
  const opening = source.code(start);
  if (opening !== 0x22 && opening !== 0x27 && opening !== 0x28) return undefined;
  const closing = opening === 0x28 ? 0x29 : opening;
  for (let at = start + 1; at < source.end; at++) {
    const code = source.code(at);
    if (code === closing) return { text: unescapeText(source.slice(start + 1, at)), end: at + 1 };
    if (code === 0x28 && opening === 0x28) return undefined;
    if (code === BACKSLASH) at++;
  }
  return undefined;
}

/** `(destination "title")` from the parenthesis at `start`. */
export function readInlineTarget(source: UnitText, start: number): { target: LinkTarget; end: number } | undefined {
  const destinationStart = skipWhitespace(source, start + 1);
  const destination = readDestination(source, destinationStart);
  if (!destination) return undefined;
  let at = skipWhitespace(source, destination.end);
  let title: string | undefined;
  if (at > destination.end) {
    const part = readTitle(source, at);
    if (part) {
      title = part.text;
      at = skipWhitespace(source, part.end);
    }
  }
  if (source.code(at) !== 0x29) return undefined;
  return { target: { url: destination.text, title }, end: at + 1 };
}

/** `[label]` from the bracket at `start`, without nested brackets; `text` is empty for `[]`. */
export function readLabel(source: UnitText, start: number): Part | undefined {
  const last = Math.min(source.end, start + MAX_LABEL + 2);
  for (let at = start + 1; at < last; at++) {
    const code = source.code(at);
    if (code === 0x5d) return { text: source.slice(start + 1, at), end: at + 1 };
    if (code === 0x5b) return undefined;
    if (code === BACKSLASH) at++;
  }
  return undefined;
}

export function normalizeLabel(label: string): string {
  return label.trim().replace(/\s+/g, " ").toLowerCase().toUpperCase();
}

/** Where the line that holds `from` ends, if only spaces are left on it; -1 otherwise. */
function blankLineEnd(source: UnitText, from: number): number {
  let at = from;
  while (isSpaceOrTab(source.code(at))) at++;
  if (at >= source.end) return at;
  return source.code(at) === 0x0a ? at + 1 : -1;
}

function readDefinition(source: UnitText, start: number, references: Map<string, LinkTarget>): number {
  const label = readLabel(source, start);
  if (!label || isBlank(source, start + 1, label.end - 1) || source.code(label.end) !== 0x3a) return -1;
  const destinationStart = skipWhitespace(source, label.end + 1);
  const destination = readDestination(source, destinationStart);
  if (!destination || destination.end === destinationStart) return -1;
  let end = blankLineEnd(source, destination.end);
  let title: string | undefined;
  const titleStart = skipWhitespace(source, destination.end);
  const part = titleStart > destination.end ? readTitle(source, titleStart) : undefined;
  const titleEnd = part ? blankLineEnd(source, part.end) : -1;
  if (part && titleEnd >= 0) {
    title = part.text;
    end = titleEnd;
  }
  if (end < 0) return -1;
  const key = normalizeLabel(label.text);
  if (!references.has(key)) references.set(key, { url: destination.text, title });
  return end;
}

/** Takes the link reference definitions at the start of the part that is read, and returns where its text starts. */
export function takeDefinitions(source: UnitText, references: Map<string, LinkTarget>): number {
  let from = source.start;
  while (source.code(from) === 0x5b) {
    const end = readDefinition(source, from, references);
    if (end < 0) break;
    from = end;
  }
  return from;
}
