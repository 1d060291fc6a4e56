import { isAlphanumeric, isAsciiLetter, isAsciiPunctuation, isCjk, isWhitespace } from "./characters.ts";

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

/**
 * Writes spans in another look, as UTF-16 units: a string that grows letter by letter is slow. The array of units is used
 * again for the next span.
 */
export class LetterStyler {
  private readonly units: number[] = [];
  private count = 0;

  /** Text in another look, word by word. */
  style(text: string, look: number): string {
    this.count = 0;
    const alphabet = ALPHABETS[look & MONO ? MONO : look & (BOLD | ITALIC)];
    const isStruck = (look & STRUCK) !== 0;
    // Mostly all words are plain, and none has to be looked at by itself.
    if (alphabet && !isStruck && isPlain(text, 0, text.length)) this.addShifted(text, 0, text.length, alphabet);
    else this.addWords(text, alphabet, isStruck);
    return String.fromCharCode(...this.units.slice(0, this.count));
  }

  private add(unit: number): void {
    this.units[this.count++] = unit;
  }

  private addShifted(text: string, from: number, to: number, { capital, small }: Alphabet): void {
    for (let at = from; at < to; at++) {
      const code = text.charCodeAt(at);
      if (isAsciiLetter(code)) {
        this.add(LEADING);
        this.add(code < 0x61 ? capital + code - 0x41 : small + code - 0x61);
      } else this.add(code);
    }
  }

  private addWords(text: string, alphabet: Alphabet | undefined, isStruck: boolean): void {
    for (let at = 0; at < text.length; ) {
      const start = at;
      while (at < text.length && !isWhitespace(text.charCodeAt(at))) at++;
      this.addWord(text, start, at, alphabet, isStruck);
      for (; at < text.length && isWhitespace(text.charCodeAt(at)); at++) this.add(text.charCodeAt(at));
    }
  }

  private addWord(text: string, start: number, end: number, alphabet: Alphabet | undefined, isStruck: boolean): void {
    const isShifted = alphabet !== undefined && isPlainWord(text, start, end);
    for (let at = start; at < end; at++) {
      if (isShifted) this.addShifted(text, at, at + 1, alphabet);
      else this.add(text.charCodeAt(at));
      if (isStruck && !isLeadingOfPair(text, at)) this.add(STROKE);
    }
  }
}

function isPlain(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (!isAsciiLetter(code) && !isJoiner(code) && code !== 0x20) return false;
  }
  return true;
}

/**
 * Whether one word, with the punctuation around it, changes. Only plain words do: what holds a digit, a dot, a slash or a
 * letter without a twin (a price, a code, a file name, "café") must stay searchable and fit to be copied.
 */
function isPlainWord(text: string, start: number, end: number): boolean {
  let from = start;
  let to = end;
  while (from < to && isAsciiPunctuation(text.charCodeAt(from))) from++;
  while (to > from && !isAlphanumeric(text.charCodeAt(to - 1)) && text.charCodeAt(to - 1) < 0x3000) to--;
  if (!isPlain(text, from, to)) return false;
  for (let at = start; at < from; at++) if (isSigil(text.charCodeAt(at))) return false;
  return true;
}

function isLeadingOfPair(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00;
}

export function containsCjk(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (isCjk(text.charCodeAt(at))) return true;
  return false;
}
