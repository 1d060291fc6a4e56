import { isAlphanumeric, isAsciiLetter, isAsciiPunctuation, isCjk, isWhitespace } from "./characters.ts";

/** Bits of a letter's look. */
export const BOLD = 1;
export const ITALIC = 2;
export const MONO = 4;
export const STRUCK = 8;

/** A look's letters, by the code of the plain one. */
type Alphabet = readonly (string | undefined)[];

/** Mathematical Alphanumeric Symbols, sans-serif: 26 capitals from `capital`, 26 small letters from `small`. */
function createAlphabet(capital: number, small: number): Alphabet {
  const letters: string[] = [];
  for (let index = 0; index < 26; index++) {
    letters[0x41 + index] = String.fromCodePoint(capital + index);
    letters[0x61 + index] = String.fromCodePoint(small + index);
  }
  return letters;
}

const ALPHABETS: readonly (Alphabet | undefined)[] = [
  undefined,
  createAlphabet(0x1d5d4, 0x1d5ee),
  createAlphabet(0x1d608, 0x1d622),
  createAlphabet(0x1d63c, 0x1d656),
  createAlphabet(0x1d670, 0x1d68a),
];

const STROKE = "\u0336";

function isJoiner(code: number): boolean {
  return code === 0x27 || code === 0x2019 || code === 0x2d;
}

/** The letters of `word` from `from` to `to` in another alphabet; joiners stay. */
function shift(word: string, from: number, to: number, alphabet: Alphabet): string {
  let shifted = "";
  for (let at = from; at < to; at++) shifted += alphabet[word.charCodeAt(at)] ?? word.charAt(at);
  return shifted;
}

/**
 * One word with the punctuation around it. Only plain words change: what holds a digit, a dot, a slash or a letter
 * without a twin (a price, a code, a file name, "café") must stay searchable and fit to be copied.
 */
function styleWord(word: string, alphabet: Alphabet): string {
  let from = 0;
  let to = word.length;
  while (from < to && isAsciiPunctuation(word.charCodeAt(from))) from++;
  while (to > from && !isAlphanumeric(word.charCodeAt(to - 1)) && word.charCodeAt(to - 1) < 0x3000) to--;
  for (let at = from; at < to; at++) {
    const code = word.charCodeAt(at);
    if (!isAsciiLetter(code) && !isJoiner(code)) return word;
  }
  for (let at = 0; at < from; at++) if ("@#/\\$_=<".includes(word.charAt(at))) return word;
  return word.slice(0, from) + shift(word, from, to, alphabet) + word.slice(to);
}

function strike(text: string): string {
  let struck = "";
  for (const character of text) struck += isWhitespace(character.charCodeAt(0)) ? character : character + STROKE;
  return struck;
}

/** Text in another look, word by word. */
export function styleLetters(text: string, look: number): string {
  const alphabet = ALPHABETS[look & MONO ? MONO : look & (BOLD | ITALIC)];
  let styled = text;
  if (alphabet) {
    styled = "";
    for (let at = 0; at < text.length; ) {
      let end = at;
      while (end < text.length && !isWhitespace(text.charCodeAt(end))) end++;
      styled += styleWord(text.slice(at, end), alphabet);
      at = end;
      while (end < text.length && isWhitespace(text.charCodeAt(end))) end++;
      styled += text.slice(at, end);
      at = end;
    }
  }
  return look & STRUCK ? strike(styled) : styled;
}

export function containsCjk(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (isCjk(text.charCodeAt(at))) return true;
  return false;
}
