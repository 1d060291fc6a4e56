import type { UnitText } from "./unit-text.ts";

/** Classes of UTF-16 code units, as CommonMark and this package's own rules need them. -1 (past an end) is in none. */

export function isSpaceOrTab(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

export function isAsciiLetter(code: number): boolean {
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

export function isAlphanumeric(code: number): boolean {
  return isDigit(code) || isAsciiLetter(code);
}

export function isAsciiPunctuation(code: number): boolean {
  return (
    (code >= 0x21 && code <= 0x2f) ||
    (code >= 0x3a && code <= 0x40) ||
    (code >= 0x5b && code <= 0x60) ||
    (code >= 0x7b && code <= 0x7e)
  );
}

export function isWhitespace(code: number): boolean {
  if (code < 0x80) return code === 0x20 || (code >= 0x09 && code <= 0x0d);
  // Most letters that are no ASCII stand behind them all.
  if (code > 0x3000) return false;
  return (
    code === 0xa0 ||
    code === 0x3000 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a)
  );
}

/** What `String.prototype.trim` takes off. */
export function isTrimmed(code: number): boolean {
  return isWhitespace(code) || code === 0x2028 || code === 0x2029 || code === 0xfeff;
}

/** Chinese, Japanese and Korean letters and punctuation; the surrogates of the supplementary ideographs too. */
export function isCjk(code: number): boolean {
  return (
    code >= 0x1100 &&
    (code <= 0x11ff ||
      (code >= 0x2e80 && code <= 0x9fff) ||
      (code >= 0xa960 && code <= 0xa97f) ||
      (code >= 0xac00 && code <= 0xd7ff) ||
      (code >= 0xd840 && code <= 0xd888) ||
      (code >= 0xf900 && code <= 0xfaff) ||
      (code >= 0xfe30 && code <= 0xfe4f) ||
      (code >= 0xff00 && code <= 0xffef))
  );
}

const PUNCTUATION = /[\p{P}\p{S}]/u;

export function isPunctuation(code: number): boolean {
  if (code < 0x80) return isAsciiPunctuation(code);
  return code >= 0xa1 && PUNCTUATION.test(String.fromCharCode(code));
}

/** Whether `text.slice(from, to)` holds nothing but spaces and tabs. */
export function isBlank({ units }: UnitText, from: number, to: number): boolean {
  for (let index = from; index < to; index++) if (!isSpaceOrTab(units[index]!)) return false;
  return true;
}

/** The first character of `text.slice(from, to)` that `trim` leaves; `to` when there is none. */
export function trimmedStart({ units }: UnitText, from: number, to: number): number {
  let start = from;
  while (start < to && isTrimmed(units[start]!)) start++;
  return start;
}

/** The end of `text.slice(from, to)` without what `trim` takes off. */
export function trimmedEnd({ units }: UnitText, from: number, to: number): number {
  let end = to;
  while (end > from && isTrimmed(units[end - 1]!)) end--;
  return end;
}
