import { isAlphanumeric, isAsciiLetter, isAsciiPunctuation, isCjk, isWhitespace } from "./characters.ts";
import { UnitBuffer } from "./unit-buffer.ts";

/** Bits of a letter's look. */
export const BOLD = 1;
export const ITALIC = 2;
export const MONO = 4;
export const STRUCK = 8;

/** The first unit of all letters of Mathematical Alphanumeric Symbols, which are surrogate pairs. */
const LEADING = 0xd835;

/** The second units of a sans-serif alphabet's "A" and "a". */
interface Alphabet {
  readonly capital: number;
  readonly small: number;
}

const ALPHABETS: readonly (Alphabet | undefined)[] = [
  undefined,
  { capital: 0xddd4, small: 0xddee },
  { capital: 0xde08, small: 0xde22 },
  { capital: 0xde3c, small: 0xde56 },
  { capital: 0xde70, small: 0xde8a },
];

const STROKE = 0x0336;

function isJoiner(code: number): boolean {
  return code === 0x27 || code === 0x2019 || code === 0x2d;
}

/** What may not stand before a word that changes: it makes it a name, a tag, a path or a variable. */
function isSigil(code: number): boolean {
  return "@#/\\$_=<".includes(String.fromCharCode(code));
}

/** Writes spans in another look. */
export class LetterStyler {
  private readonly out = new UnitBuffer();

  /** What stands at `from`…`to` in another look, word by word: it is there until the next call. */
  style(units: Uint16Array, from: number, to: number, look: number): UnitBuffer {
    const { out } = this;
    const alphabet = ALPHABETS[look & MONO ? MONO : look & (BOLD | ITALIC)];
    const isStruck = (look & STRUCK) !== 0;
    out.clear();
    out.reserve(2 * (to - from));
    // Mostly all words are plain, and none has to be looked at by itself.
    if (alphabet && !isStruck && isPlain(units, from, to)) addShifted(out, units, from, to, alphabet);
    else this.addWords(units, from, to, alphabet, isStruck);
    return out;
  }

  private addWords(
    units: Uint16Array,
    from: number,
    to: number,
    alphabet: Alphabet | undefined,
    isStruck: boolean,
  ): void {
    for (let at = from; at < to; ) {
      const start = at;
      while (at < to && !isWhitespace(units[at]!)) at++;
      const isShifted = alphabet !== undefined && isPlainWord(units, start, at);
      if (isStruck) this.addStruck(units, start, at, isShifted ? alphabet : undefined);
      else if (isShifted) addShifted(this.out, units, start, at, alphabet);
      else this.out.addUnits(units, start, at);
      for (; at < to && isWhitespace(units[at]!); at++) this.out.addUnit(units[at]!);
    }
  }

  private addStruck(units: Uint16Array, from: number, to: number, alphabet: Alphabet | undefined): void {
    for (let at = from; at < to; at++) {
      if (alphabet) addShifted(this.out, units, at, at + 1, alphabet);
      else this.out.addUnit(units[at]!);
      if (at + 1 === to || !isPair(units[at]!, units[at + 1]!)) this.out.addUnit(STROKE);
    }
  }
}

/** Adds letters of another alphabet; `out` has room for them. */
function addShifted(out: UnitBuffer, source: Uint16Array, from: number, to: number, alphabet: Alphabet): void {
  const { capital, small } = alphabet;
  out.reserve(2 * (to - from));
  const { units } = out;
  let { length } = out;
  for (let at = from; at < to; at++) {
    const code = source[at]!;
    if (isAsciiLetter(code)) {
      units[length++] = LEADING;
      units[length++] = code < 0x61 ? capital + code - 0x41 : small + code - 0x61;
    } else units[length++] = code;
  }
  out.length = length;
}

function isPlain(units: Uint16Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const code = units[at]!;
    if (!isAsciiLetter(code) && !isJoiner(code) && code !== 0x20) return false;
  }
  return true;
}

/**
 * Whether one word, with the punctuation around it, changes. Only plain words do: what holds a digit, a dot, a slash or a
 * letter without a twin (a price, a code, a file name, "café") must stay searchable and fit to be copied.
 */
function isPlainWord(units: Uint16Array, start: number, end: number): boolean {
  let from = start;
  let to = end;
  while (from < to && isAsciiPunctuation(units[from]!)) from++;
  while (to > from && !isAlphanumeric(units[to - 1]!) && units[to - 1]! < 0x3000) to--;
  if (!isPlain(units, from, to)) return false;
  for (let at = start; at < from; at++) if (isSigil(units[at]!)) return false;
  return true;
}

function isPair(code: number, next: number): boolean {
  return (code & 0xfc00) === 0xd800 && (next & 0xfc00) === 0xdc00;
}

export function containsCjk(units: Uint16Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (isCjk(units[at]!)) return true;
  return false;
}
