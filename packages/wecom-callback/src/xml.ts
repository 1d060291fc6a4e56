/** The text of an element, or its child elements. */
export type XmlNode = string | XmlFields;

/** Child elements by name; a name that occurs more than once holds a list. */
export interface XmlFields {
  readonly [name: string]: XmlNode | readonly XmlNode[] | undefined;
}

/** Text that is not the XML of a callback. */
export class XmlError extends Error {
  override readonly name = "XmlError";
}

type MutableFields = Record<string, XmlNode | XmlNode[]>;

/** Without a prototype, as the names are a stranger's; made by a constructor, objects of one shape share it and are fast. */
const Fields = function Fields() {} as unknown as { new (): MutableFields; prototype: object };
Fields.prototype = Object.create(null) as object;

/** The deepest callback of the platform (the selections of a template card) has five levels. */
const MAX_DEPTH = 16;

const SLASH = 0x2f;
const NINE = 0x39;
const GREATER = 0x3e;
const BANG = 0x21;
const QUESTION = 0x3f;
const BYTE_ORDER_MARK = 0xfeff;
const NAME = /[\p{L}_][\p{L}\p{N}_.:-]*/uy;
const BLANK = /^\s*$/;
const REFERENCE = /&(?:(lt|gt|amp|quot|apos)|#(\d{1,7})|#x([0-9a-fA-F]{1,6}));/;
const NAMED: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

/**
 * Reads the XML of a callback in one pass over the text: elements in any order, CDATA or not, unknown elements kept.
 *
 * Values stay text, so that 64-bit ids keep all digits. White space inside CDATA is part of the value; around a CDATA
 * section it is not; without CDATA the text is kept as it stands. Attributes and comments are skipped.
 *
 * @throws XmlError for DOCTYPE and every other declaration, entities other than the five of XML and numbers, elements that
 *   do not close, text after the root, and more than 16 levels
 */
export function parseXml(text: string): XmlFields {
  const root = new Scanner(text).document();
  return typeof root === "string" ? {} : root;
}

/** The text of one element; undefined when it is absent, has children or occurs more than once. */
export function xmlText(fields: XmlFields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === "string" ? value : undefined;
}

class Scanner {
  readonly #text: string;
  #at: number;

  constructor(text: string) {
    this.#text = text;
    this.#at = text.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0;
  }

  document(): XmlNode {
    this.#skipBetween();
    if (this.#at >= this.#text.length) throw new XmlError("there is no element");
    const root = this.#element(1).value;
    this.#skipBetween();
    if (this.#at < this.#text.length) throw new XmlError("something follows the root element");
    return root;
  }

  /** Skips white space, comments and processing instructions outside the root, and stops at an element. */
  #skipBetween(): void {
    for (;;) {
      const open = this.#text.indexOf("<", this.#at);
      const end = open < 0 ? this.#text.length : open;
      if (end > this.#at && !BLANK.test(this.#text.slice(this.#at, end)))
        throw new XmlError("text stands outside the root element");
      this.#at = end;
      if (open < 0) return;
      const next = this.#text.charCodeAt(open + 1);
      if (next === QUESTION) this.#skipPast("?>");
      else if (next === BANG) this.#skipComment();
      else return;
    }
  }

  /** Reads the element whose "<" stands at the current place. */
  #element(depth: number): { name: string; value: XmlNode } {
    if (depth > MAX_DEPTH) throw new XmlError("elements are nested too deeply");
    const name = nameAt(this.#text, this.#at + 1);
    if (name === undefined) throw new XmlError("an element has no name");
    this.#at += 1 + name.length;
    const value = this.#tagEndsElement() ? "" : this.#content(name, depth);
    return { name, value };
  }

  /** Skips attributes to behind the ">" and tells whether the tag was an empty element. */
  #tagEndsElement(): boolean {
    const text = this.#text;
    if (text.charCodeAt(this.#at) === GREATER) {
      this.#at++;
      return false;
    }
    let quote = "";
    for (let i = this.#at; i < text.length; i++) {
      const character = text[i] as string;
      if (quote !== "") {
        if (character === quote) quote = "";
      } else if (character === '"' || character === "'") {
        quote = character;
      } else if (character === "<") {
        break;
      } else if (character === ">") {
        this.#at = i + 1;
        return text.charCodeAt(i - 1) === SLASH;
      }
    }
    throw new XmlError("a tag does not end");
  }

  #content(name: string, depth: number): XmlNode {
    let children: MutableFields | undefined;
    let verbatim: string | undefined;
    let all = "";
    let hasInk = false;

    for (;;) {
      const open = this.#text.indexOf("<", this.#at);
      if (open < 0) throw new XmlError("an element does not close");
      if (open > this.#at) {
        const loose = decodeReferences(this.#text.slice(this.#at, open));
        hasInk ||= !BLANK.test(loose);
        all += loose;
        this.#at = open;
      }
      const next = this.#text.charCodeAt(open + 1);
      if (next === SLASH) {
        this.#closingTag(name);
        return children ?? (verbatim !== undefined && !hasInk ? verbatim : all);
      }
      if (next === BANG && this.#text.startsWith("<![CDATA[", open)) {
        const section = this.#cdata();
        verbatim = (verbatim ?? "") + section;
        all += section;
      } else if (next === BANG) this.#skipComment();
      else if (next === QUESTION) this.#skipPast("?>");
      else {
        children ??= new Fields();
        const child = this.#element(depth + 1);
        addChild(children, child.name, child.value);
      }
    }
  }

  #closingTag(name: string): void {
    const start = this.#at + 2;
    const after = start + name.length;
    const end = this.#text.charCodeAt(after) === GREATER ? after : this.#text.indexOf(">", after);
    const matches = this.#text.startsWith(name, start) && (after === end || BLANK.test(this.#text.slice(after, end)));
    if (end < 0 || !matches) throw new XmlError("a closing tag does not match");
    this.#at = end + 1;
  }

  #cdata(): string {
    const start = this.#at + "<![CDATA[".length;
    const end = this.#text.indexOf("]]>", start);
    if (end < 0) throw new XmlError("a CDATA section does not end");
    this.#at = end + 3;
    return this.#text.slice(start, end);
  }

  #skipComment(): void {
    if (!this.#text.startsWith("<!--", this.#at)) throw new XmlError("declarations are not accepted");
    this.#skipPast("-->");
  }

  #skipPast(mark: string): void {
    const end = this.#text.indexOf(mark, this.#at);
    if (end < 0) throw new XmlError(`there is no ${mark}`);
    this.#at = end + mark.length;
  }
}

/** Names are letters and digits of ASCII and end in ">" on this platform: these are found without the expression. */
function nameAt(text: string, start: number): string | undefined {
  let end = start;
  while (isAsciiAlphanumeric(text.charCodeAt(end))) end++;
  if (end > start && text.charCodeAt(end) === GREATER && text.charCodeAt(start) > NINE) return text.slice(start, end);
  NAME.lastIndex = start;
  return NAME.exec(text)?.[0];
}

function isAsciiAlphanumeric(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || (code >= 0x30 && code <= NINE);
}

function addChild(fields: MutableFields, name: string, value: XmlNode): void {
  const present = fields[name];
  if (present === undefined) fields[name] = value;
  else if (Array.isArray(present)) present.push(value);
  else fields[name] = [present, value];
}

/** One after the other, and none behind the first that is unknown: `replace` would look for all of them beforehand. */
function decodeReferences(text: string): string {
  let at = text.indexOf("&");
  if (at < 0) return text;
  const reference = new RegExp(REFERENCE, "y");
  let decoded = "";
  let from = 0;
  for (; at >= 0; at = text.indexOf("&", from)) {
    reference.lastIndex = at;
    decoded += text.slice(from, at) + characterOf(reference.exec(text));
    from = reference.lastIndex;
  }
  return decoded + text.slice(from);
}

function characterOf(reference: RegExpExecArray | null): string {
  const [, named, decimal, hexadecimal] = reference ?? [];
  if (named !== undefined) return NAMED[named] as string;
  const codePoint = Number.parseInt(decimal ?? hexadecimal ?? "", decimal === undefined ? 16 : 10);
  if (!isXmlCharacter(codePoint)) throw new XmlError("an entity is unknown");
  return String.fromCodePoint(codePoint);
}

/** https://www.w3.org/TR/xml/#charsets */
function isXmlCharacter(codePoint: number): boolean {
  return (
    codePoint === 0x9 ||
    codePoint === 0xa ||
    codePoint === 0xd ||
    (codePoint >= 0x20 && codePoint <= 0xd7ff) ||
    (codePoint >= 0xe000 && codePoint <= 0xfffd) ||
    (codePoint >= 0x10000 && codePoint <= 0x10ffff)
  );
}
