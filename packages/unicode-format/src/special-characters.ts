import type { UnitText } from "./unit-text.ts";

const SPACE = 0x20;
const EXCLAMATION = 0x21;

/** The characters that may be more than text. */
const SPECIAL = new Uint8Array(128);
for (const character of "\n&*.:<@[\\]_`~") SPECIAL[character.charCodeAt(0)] = 1;

/** The first character at or behind `from` that may be more than text. */
export function nextSpecial({ units, end }: UnitText, from: number): number {
  let at = from;
  for (; at < end; at++) {
    const code = units[at]!;
    if (code < 128 && SPECIAL[code] === 1) break;
  }
  return at;
}

/** Whether a line that starts with this character starts with text, whatever follows. */
export function startsText(code: number): boolean {
  return code >= 128 || (code > SPACE && code !== EXCLAMATION && SPECIAL[code] === 0);
}
