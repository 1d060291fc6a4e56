import { isAlphanumeric, isAsciiLetter, isWhitespace } from "./characters.ts";
import type { UnitText } from "./unit-text.ts";

/**
 * The tags that only format. Any other word in angle brackets stays text: in an answer `<name>` or `<source>` is mostly
 * a placeholder that the reader has to fill in.
 */
const FORMATTING: ReadonlySet<string> = new Set(
  (
    "a abbr article aside b big blockquote br center cite code col colgroup dd del details dfn div dl dt em figcaption " +
    "figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p pre q rp rt ruby s samp " +
    "section small span strike strong sub summary sup table tbody td tfoot th thead tr tt u ul var wbr"
  ).split(" "),
);

export interface Tag {
  readonly name: string;
  readonly closing: boolean;
  readonly attributes: string;
  readonly end: number;
}

/** The characters of an attribute's name: letters, digits, `-`, `.`, `:`, `_`. */
function isNamePart(code: number): boolean {
  return isAlphanumeric(code) || code === 0x2d || code === 0x2e || code === 0x3a || code === 0x5f;
}

/** `"`, `'`, `<`, `=`, `>` and the backtick. */
function endsBareValue(code: number): boolean {
  return code === 0x22 || code === 0x27 || (code >= 0x3c && code <= 0x3e) || code === 0x60;
}

/** The index behind the attributes that start at `from`, where `>` or `/>` must stand; -1 when they are malformed. */
function attributesEnd(source: UnitText, from: number): number {
  let at = from;
  for (;;) {
    const spaceFrom = at;
    while (isWhitespace(source.code(at))) at++;
    const code = source.code(at);
    if (code === 0x3e || code === 0x2f) return at;
    if (at === spaceFrom || !(isAsciiLetter(code) || code === 0x5f || code === 0x3a)) return -1;
    while (isNamePart(source.code(at))) at++;
    let equals = at;
    while (isWhitespace(source.code(equals))) equals++;
    if (source.code(equals) !== 0x3d) continue;
    at = attributeValueEnd(source, equals + 1);
    if (at < 0) return -1;
  }
}

function attributeValueEnd(source: UnitText, from: number): number {
  let at = from;
  while (isWhitespace(source.code(at))) at++;
  const quote = source.code(at);
  if (quote === 0x22 || quote === 0x27) {
    const closing = source.find(quote, at + 1);
    return closing < 0 ? -1 : closing + 1;
  }
  const start = at;
  while (at < source.end && !isWhitespace(source.code(at)) && !endsBareValue(source.code(at))) at++;
  return at > start ? at : -1;
}

/** The formatting tag at the `<` at `start`. */
export function readTag(source: UnitText, start: number): Tag | undefined {
  const closing = source.code(start + 1) === 0x2f;
  const nameStart = closing ? start + 2 : start + 1;
  let at = nameStart;
  while (at - nameStart < 11 && isAlphanumeric(source.code(at))) at++;
  const name = source.slice(nameStart, at).toLowerCase();
  if (!FORMATTING.has(name)) return undefined;
  const end = attributesEnd(source, at);
  if (end < 0) return undefined;
  const close = source.code(end) === 0x2f ? end + 1 : end;
  if (source.code(close) !== 0x3e) return undefined;
  return { name, closing, attributes: source.slice(at, end), end: close + 1 };
}

/** The value of an attribute, as written; undefined when the tag has none of that name. */
export function readAttribute(attributes: string, name: string): string | undefined {
  // Every match takes a whole name, so that a long one is walked once.
  const pattern = /([^\s=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?/g;
  for (const [, key, double, single, bare] of attributes.matchAll(pattern)) {
    if (key?.toLowerCase() === name) return double ?? single ?? bare;
  }
  return undefined;
}
