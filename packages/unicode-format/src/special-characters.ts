const SPACE = 0x20;
const EXCLAMATION = 0x21;
/** The characters that may be more than text. */
const SPECIAL_CHARACTER = /[\n&*.:<@[\\\]_`~]/;
const SPECIAL = Uint8Array.from({ length: 128 }, (_, code) =>
  SPECIAL_CHARACTER.test(String.fromCharCode(code)) ? 1 : 0,
);

/** How many characters are looked at one by one, before it pays to start the engine's search. */
const NEAR = 32;

/** The first character at or behind `from` that may be more than text. */
export function nextSpecial(source: string, from: number, far: RegExp): number {
  const near = Math.min(source.length, from + NEAR);
  for (let at = from; at < near; at++) {
    const code = source.charCodeAt(at);
    if (code < 128 && SPECIAL[code] === 1) return at;
  }
  if (near === source.length) return near;
  far.lastIndex = near;
  return far.test(source) ? far.lastIndex - 1 : source.length;
}

/** Whether a line that starts with this character starts with text, whatever follows. */
export function startsText(code: number): boolean {
  return code >= 128 || (code > SPACE && code !== EXCLAMATION && SPECIAL[code] === 0);
}

/** A search for special characters from an index on, for one reader: it remembers where it stands. */
export function createFarSearch(): RegExp {
  return new RegExp(SPECIAL_CHARACTER, "g");
}
