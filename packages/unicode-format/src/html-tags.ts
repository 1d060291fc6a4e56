import { isAlphanumeric, isAsciiLetter, isWhitespace } from "./characters.ts";

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

/** The index behind the attributes that start at `from`, where `>` or `/>` must stand; -1 when they are malformed. */
function attributesEnd(source: string, from: number): number {
  let at = from;
  for (;;) {
    const spaceFrom = at;
    while (isWhitespace(source.charCodeAt(at))) at++;
    const code = source.charCodeAt(at);
    if (code === 0x3e || code === 0x2f) return at;
    if (at === spaceFrom || !(isAsciiLetter(code) || code === 0x5f || code === 0x3a)) return -1;
    while (isAlphanumeric(source.charCodeAt(at)) || "_:.-".includes(source.charAt(at) || " ")) at++;
    let equals = at;
    while (isWhitespace(source.charCodeAt(equals))) equals++;
    if (source.charCodeAt(equals) !== 0x3d) continue;
    at = attributeValueEnd(source, equals + 1);
    if (at < 0) return -1;
  }
}

function attributeValueEnd(source: string, from: number): number {
  let at = from;
  while (isWhitespace(source.charCodeAt(at))) at++;
  const quote = source.charAt(at);
  if (quote === '"' || quote === "'") {
    const closing = source.indexOf(quote, at + 1);
    return closing < 0 ? -1 : closing + 1;
  }
  const start = at;
  while (at < source.length && !isWhitespace(source.charCodeAt(at)) && !"\"'=<>`".includes(source.charAt(at))) at++;
  return at > start ? at : -1;
}

/** The formatting tag at the `<` at `start`. */
export function readTag(source: string, start: number): Tag | undefined {
  const closing = source.charCodeAt(start + 1) === 0x2f;
  const nameStart = closing ? start + 2 : start + 1;
  let at = nameStart;
  while (at - nameStart < 11 && isAlphanumeric(source.charCodeAt(at))) at++;
  const name = source.slice(nameStart, at).toLowerCase();
  if (!FORMATTING.has(name)) return undefined;
  const end = attributesEnd(source, at);
  if (end < 0) return undefined;
  const close = source.charCodeAt(end) === 0x2f ? end + 1 : end;
  if (source.charCodeAt(close) !== 0x3e) return undefined;
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
