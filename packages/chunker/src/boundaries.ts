import { graphemeFloor } from "./graphemes.ts";

const LF = 0x0a;
const CR = 0x0d;

const words = new Intl.Segmenter("zh", { granularity: "word" });

/** How far around a cut in Chinese text the word segmenter looks, in UTF-16 units. */
const WORD_WINDOW = 32;

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x3000;
}

function isLineBreak(code: number): boolean {
  return code === LF || code === CR;
}

/** 。！？；… end a sentence wherever they stand. */
function isWideStop(code: number): boolean {
  return code === 0x3002 || code === 0xff01 || code === 0xff1f || code === 0xff1b || code === 0x2026;
}

/** . ! ? end a sentence when a space follows. */
function isNarrowStop(code: number): boolean {
  return code === 0x2e || code === 0x21 || code === 0x3f;
}

/** Quotes and brackets that belong to the sentence before them. */
function isCloser(code: number): boolean {
  if (code < 0x80) return code === 0x22 || code === 0x27 || code === 0x29 || code === 0x5d;
  return (
    code === 0x201d ||
    code === 0x2019 ||
    code === 0xff09 ||
    (code >= 0x3009 && code <= 0x3011 && (code & 1) === 1) ||
    code === 0x3015
  );
}

function isWideComma(code: number): boolean {
  return code === 0xff0c || code === 0x3001 || code === 0xff1a;
}

/** Scripts written without spaces between words: kana, Chinese, full-width forms. */
function isUnspaced(code: number): boolean {
  return (code >= 0x3001 && code <= 0x30ff) || (code >= 0x3400 && code <= 0x9fff) || (code >= 0xff00 && code <= 0xffef);
}

/** Whether the line that ends at `index` is blank, looking back no further than `start`. */
function endsBlankLine(text: string, start: number, index: number): boolean {
  let at = index - 1;
  if (text.charCodeAt(at) === LF && at > start && text.charCodeAt(at - 1) === CR) at--;
  at--;
  while (at >= start && isSpace(text.charCodeAt(at))) at--;
  return at >= start && isLineBreak(text.charCodeAt(at));
}

function endsSentence(text: string, start: number, index: number): boolean {
  let at = index - 1;
  let spaced = isSpace(text.charCodeAt(index));
  for (; at > start && isSpace(text.charCodeAt(at)); at--) spaced = true;
  while (at > start && isCloser(text.charCodeAt(at))) at--;
  const stop = text.charCodeAt(at);
  return isWideStop(stop) || (spaced && isNarrowStop(stop));
}

function belongsToSentenceBefore(code: number): boolean {
  return isSpace(code) || isCloser(code) || isWideStop(code) || isNarrowStop(code);
}

/** The start of the word around `index` in text without spaces, not leaving a comma or bracket to start a piece. */
function unspacedWordStart(text: string, start: number, index: number): number {
  const from = Math.max(start, index - WORD_WINDOW);
  const segments = words.segment(text.slice(from, index + WORD_WINDOW));
  let at = segments.containing(index - from)?.index ?? index - from;
  while (at > 0) {
    const code = text.charCodeAt(from + at);
    if (!isWideComma(code) && !isWideStop(code) && !isCloser(code)) break;
    at = segments.containing(at - 1)?.index ?? 0;
  }
  return at > 0 ? from + at : index;
}

/** The last place in `start`…`end` where a word ends; `end` when one word fills all of it. */
function wordEnd(text: string, start: number, end: number): number {
  if (isSpace(text.charCodeAt(end))) return end;
  for (let index = end; index > start; index--) {
    const before = text.charCodeAt(index - 1);
    if (isSpace(before) || isLineBreak(before)) return index;
    if (isUnspaced(before) || isUnspaced(text.charCodeAt(index))) return unspacedWordStart(text, start, index);
  }
  return end;
}

/** The last place in `floor`…`end` behind a line break, the breaks of CR LF together; 0 when there is none. */
function lineStart(text: string, floor: number, end: number): number {
  for (let index = end; index > floor; index--) {
    const before = text.charCodeAt(index - 1);
    if (before === LF || (before === CR && text.charCodeAt(index) !== LF)) return index;
  }
  return 0;
}

/**
 * The best place in `floor`…`end` to cut at a line: behind a blank one, else behind any; 0 when there is none. `isPoor`
 * names line starts that are taken only when there is no other.
 */
function lineCut(text: string, start: number, floor: number, end: number, isPoor: (index: number) => boolean): number {
  let line = isLineBreak(text.charCodeAt(end)) && !isPoor(end) ? end : 0;
  let poorLine = 0;
  for (let index = lineStart(text, floor, end); index > 0; index = lineStart(text, floor, index - 1)) {
    if (isPoor(index)) poorLine ||= index;
    else if (isLineBreak(text.charCodeAt(index)) || endsBlankLine(text, start, index)) return index;
    else line ||= index;
  }
  return line || poorLine;
}

/** The last place in `floor`…`end` behind a sentence; 0 when there is none. */
function sentenceCut(text: string, start: number, floor: number, end: number): number {
  for (let index = end; index > floor; index--) {
    if (!belongsToSentenceBefore(text.charCodeAt(index - 1))) continue;
    const isRunEnd = index === end || !belongsToSentenceBefore(text.charCodeAt(index));
    if (isRunEnd && endsSentence(text, start, index)) return index;
  }
  return 0;
}

/**
 * Where to end a piece that starts at `start` and may reach `end`: behind a blank line, else behind a line break, else
 * behind a sentence (these three not in the first quarter of the piece, which would spend messages on crumbs), else
 * behind a word, else anywhere.
 */
function preferredCut(text: string, start: number, end: number, isPoor: (index: number) => boolean): number {
  const floor = start + ((end - start) >> 2);
  return lineCut(text, start, floor, end, isPoor) || sentenceCut(text, start, floor, end) || wordEnd(text, start, end);
}

/** `preferredCut`, moved back to the end of a grapheme; inside a grapheme only when it alone is longer than the piece. */
export function findCut(text: string, start: number, end: number, isPoor: (index: number) => boolean): number {
  const preferred = graphemeFloor(text, start, preferredCut(text, start, end, isPoor));
  if (preferred > start) return preferred;
  const grapheme = graphemeFloor(text, start, end);
  return grapheme > start ? grapheme : end;
}
