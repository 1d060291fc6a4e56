import { isAlphanumeric, isAsciiLetter, isCjk } from "./characters.ts";
import type { UnitText } from "./unit-text.ts";

export interface Autolink {
  readonly start: number;
  readonly end: number;
  readonly url: string;
}

const SCHEMES = ["http", "https", "ftp"];
const TRAILING = new Set([..."?!.,:*_~'\""].map((character) => character.charCodeAt(0)));

function isUrlEnd(code: number): boolean {
  // GFM ends an address at a space or "<"; Chinese text follows one without a space.
  return !(code > 0x20) || code === 0x3c || code === 0x3000 || code === 0xa0 || isCjk(code);
}

/** The end of the address that runs from `start`, without the punctuation that belongs to the sentence around it. */
function urlEnd(source: UnitText, start: number): number {
  let end = start;
  let unclosed = 0;
  let brackets = 0;
  for (; !isUrlEnd(source.code(end)); end++) {
    const code = source.code(end);
    if (code === 0x28) unclosed++;
    else if (code === 0x29) unclosed--;
    else if (code === 0x5b) brackets++;
    else if (code === 0x5d && --brackets < 0) break;
  }
  for (; end > start; end--) {
    const code = source.code(end - 1);
    if (code === 0x29 && unclosed < 0) unclosed++;
    else if (!TRAILING.has(code)) break;
  }
  return end;
}

function startsHost(code: number): boolean {
  return isAlphanumeric(code) || code === 0x5b || code > 0x7f;
}

/** `https://…` around the colon at `colon`, beginning no earlier than `from`. */
export function readSchemeUrl(source: UnitText, from: number, colon: number): Autolink | undefined {
  if (source.code(colon + 1) !== 0x2f || source.code(colon + 2) !== 0x2f) return undefined;
  if (!startsHost(source.code(colon + 3))) return undefined;
  let start = colon;
  while (start > from && colon - start < 6 && isAsciiLetter(source.code(start - 1))) start--;
  if (!SCHEMES.includes(source.slice(start, colon).toLowerCase())) return undefined;
  if (start > source.start && isAlphanumeric(source.code(start - 1))) return undefined;
  const end = urlEnd(source, colon + 3);
  return end > colon + 3 ? { start, end, url: source.slice(start, end) } : undefined;
}

/** `www.…` around the dot at `dot`. */
export function readWwwUrl(source: UnitText, from: number, dot: number): Autolink | undefined {
  const start = dot - 3;
  if (start < from) return undefined;
  // Nearly all dots are no part of an address: one character tells.
  if ((source.code(dot - 1) | 0x20) !== 0x77) return undefined;
  if (source.slice(start, dot).toLowerCase() !== "www") return undefined;
  if (!isAlphanumeric(source.code(dot + 1))) return undefined;
  const before = start > source.start ? source.code(start - 1) : 0x20;
  if (isAlphanumeric(before) || before === 0x2f || before === 0x2e) return undefined;
  const end = urlEnd(source, dot + 1);
  return { start, end, url: `http://${source.slice(start, end)}` };
}

function isLocalPart(code: number): boolean {
  return isAlphanumeric(code) || code === 0x2e || code === 0x2d || code === 0x5f || code === 0x2b;
}

function isHostPart(code: number): boolean {
  return isAlphanumeric(code) || code === 0x2d || code === 0x5f;
}

/** `name@host.tld` around the `@` at `at`. */
export function readEmail(source: UnitText, from: number, at: number): Autolink | undefined {
  let start = at;
  while (start > from && isLocalPart(source.code(start - 1))) start--;
  if (start === at) return undefined;
  let end = at + 1;
  let dots = 0;
  for (; ; end++) {
    const code = source.code(end);
    if (code === 0x2e && isHostPart(source.code(end + 1)) && end > at + 1) dots++;
    else if (!isHostPart(code)) break;
  }
  const last = source.code(end - 1);
  if (dots === 0 || last === 0x2d || last === 0x5f) return undefined;
  return { start, end, url: `mailto:${source.slice(start, end)}` };
}

/** The end of `@name` at `at`; undefined where no mention starts. */
export function mentionEnd(source: UnitText, at: number): number | undefined {
  if (at > source.start && isAlphanumeric(source.code(at - 1))) return undefined;
  let end = at + 1;
  while (isLocalPart(source.code(end))) end++;
  while (end > at + 1 && !isAlphanumeric(source.code(end - 1)) && source.code(end - 1) !== 0x5f) end--;
  return end > at + 1 ? end : undefined;
}

/** The end of `<scheme:…>` or `<name@host>` at the `<` at `start`, with its address. */
export function readAngleAutolink(source: UnitText, start: number): Autolink | undefined {
  let end = start + 1;
  let colon = -1;
  let at = -1;
  for (; ; end++) {
    const code = source.code(end);
    if (code === 0x3e) break;
    if (!(code > 0x20) || code === 0x3c) return undefined;
    if (code === 0x3a && colon < 0) colon = end;
    else if (code === 0x40 && at < 0) at = end;
  }
  const inner = source.slice(start + 1, end);
  const schemeLength = colon - start - 1;
  if (
    colon > 0 &&
    schemeLength >= 2 &&
    schemeLength <= 32 &&
    /^[a-zA-Z][a-zA-Z0-9+.-]*$/.test(inner.slice(0, schemeLength))
  )
    return { start, end: end + 1, url: inner };
  if (at < 0) return undefined;
  const email = readEmail(source, start + 1, at);
  return email?.start === start + 1 && email.end === end ? { ...email, start, end: end + 1 } : undefined;
}
