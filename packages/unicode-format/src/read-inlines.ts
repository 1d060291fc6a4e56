import { mentionEnd, readAngleAutolink, readEmail, readSchemeUrl, readWwwUrl } from "./autolinks.ts";
import { isAsciiPunctuation } from "./characters.ts";
import { CodeRuns, codeText, runEnd } from "./code-runs.ts";
import { type Delimiter, DelimiterList, readDelimiter } from "./emphasis.ts";
import { readEntity } from "./entities.ts";
import type { MarkdownEvent } from "./events.ts";
import { readTag } from "./html-tags.ts";
import { type LinkTarget, normalizeLabel, type References, readInlineTarget, readLabel } from "./links.ts";

const SPACE = 0x20;
const EXCLAMATION = 0x21;
const SPECIAL_CHARACTER = /[\n&*.:<@[\\\]_`~]/;
const SPECIAL = Uint8Array.from({ length: 128 }, (_, code) =>
  SPECIAL_CHARACTER.test(String.fromCharCode(code)) ? 1 : 0,
);

/** How many characters are looked at one by one, before it pays to start the engine's search. */
const NEAR = 32;

/** The first character at or behind `from` that may be more than text. */
function nextSpecial(source: string, from: number, far: RegExp): number {
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
function startsText(code: number): boolean {
  return code >= 128 || (code > SPACE && code !== EXCLAMATION && SPECIAL[code] === 0);
}

const COMMENT_OPEN = "<!--";
const COMMENT_CLOSE = "-->";

/** A `[` or `![` that may still open a link or image. */
interface Bracket {
  readonly image: boolean;
  /** Where its text stands among the tokens, and where its content starts in the source. */
  readonly token: number;
  readonly contentStart: number;
  readonly delimiter: Delimiter | undefined;
  hasBracketInside: boolean;
}

function textEvent(text: string): MarkdownEvent {
  return { type: "text", text };
}

const SOFT_BREAK: MarkdownEvent = { type: "break", hard: false };
const HARD_BREAK: MarkdownEvent = { type: "break", hard: true };

/**
 * Reads inline Markdown (a paragraph's lines, a heading, a cell) and reports it in order. Every character is looked at a
 * bounded number of times. One reader serves all the texts of a document, one after the other.
 */
export class InlineReader {
  private readonly references: References;
  private readonly onEvent: (event: MarkdownEvent) => void;
  /** What waits for the end of the text, as it may yet become a span or link; the array is used again. */
  private readonly tokens: (MarkdownEvent | Delimiter)[] = [];
  private tokenCount = 0;
  private readonly delimiters = new DelimiterList();
  private readonly brackets: Bracket[] = [];
  private readonly codeRuns = new CodeRuns();
  private source = "";
  /** `[` below this height of the stack cannot open a link: links hold no links. */
  private deadBelow = 0;
  private at = 0;
  /** Where the text that is not yet a token starts. */
  private textStart = 0;
  private escapedAt = -1;
  private noCommentEnd = false;
  private readonly joinsLines: boolean;
  private readonly far = new RegExp(SPECIAL_CHARACTER, "g");

  /** `joinsLines`: lines of mere text are one event, with the line breaks between them. */
  constructor(references: References, onEvent: (event: MarkdownEvent) => void, joinsLines: boolean) {
    this.references = references;
    this.joinsLines = joinsLines;
    this.onEvent = onEvent;
  }

  read(source: string): void {
    const first = nextSpecial(source, 0, this.far);
    if (first < source.length) {
      this.start(source);
      this.readFrom(first);
      this.emit();
    } else if (source !== "") this.onEvent(textEvent(source));
  }

  private start(source: string): void {
    this.source = source;
    this.codeRuns.start(source);
    if (this.brackets.length > 0) this.brackets.length = 0;
    this.deadBelow = 0;
    this.textStart = 0;
    this.escapedAt = -1;
    this.noCommentEnd = false;
  }

  private readFrom(first: number): void {
    const { source } = this;
    for (this.at = first; this.at < source.length; this.at = nextSpecial(source, this.at, this.far)) {
      this.readSpecial(source.charCodeAt(this.at));
    }
    this.flush(source.length);
    this.delimiters.pair(undefined);
  }

  private emit(): void {
    const { tokens, onEvent } = this;
    for (let index = 0; index < this.tokenCount; index++) {
      const token = tokens[index]!;
      if (token.type === "delimiter") emitDelimiter(token, onEvent);
      else onEvent(token);
    }
    this.tokenCount = 0;
  }

  /** Reports an event, behind those that wait. */
  private add(event: MarkdownEvent): void {
    if (this.tokenCount === 0) this.onEvent(event);
    else this.hold(event);
  }

  private hold(token: MarkdownEvent | Delimiter): void {
    this.tokens[this.tokenCount++] = token;
  }

  private flush(end: number): void {
    if (end > this.textStart) this.add(textEvent(this.source.slice(this.textStart, end)));
  }

  /** Puts `event` in the place of `start`…`end`. */
  private take(start: number, end: number, event: MarkdownEvent): void {
    this.flush(start);
    this.add(event);
    this.at = end;
    this.textStart = end;
  }

  private readSpecial(code: number): void {
    switch (code) {
      case 0x0a:
        this.readLineBreak();
        break;
      case 0x26:
        this.readEntity();
        break;
      case 0x2a:
      case 0x5f:
      case 0x7e:
        this.readDelimiter(code);
        break;
      case 0x2e:
      case 0x3a:
        this.readUrl(code);
        break;
      case 0x3c:
        this.readAngle();
        break;
      case 0x40:
        this.readAt();
        break;
      case 0x5b:
        this.openBracket();
        break;
      case 0x5c:
        this.readBackslash();
        break;
      case 0x5d:
        this.closeBracket();
        break;
      default:
        this.readCode();
        break;
    }
  }

  private readLineBreak(): void {
    const { source, textStart } = this;
    let end = this.at;
    while (end > textStart && source.charCodeAt(end - 1) === SPACE) end--;
    if (this.joinsLines && end === this.at && end > textStart && startsText(source.charCodeAt(end + 1))) {
      this.at++;
      return;
    }
    const isHard = this.at - end >= 2;
    this.flush(end);
    this.add(isHard ? HARD_BREAK : SOFT_BREAK);
    this.textStart = ++this.at;
  }

  private readEntity(): void {
    const entity = readEntity(this.source, this.at);
    if (!entity) this.at++;
    else this.take(this.at, entity.end, /[\n\r]/.test(entity.text) ? SOFT_BREAK : textEvent(entity.text));
  }

  private readDelimiter(code: number): void {
    const end = runEnd(this.source, this.at, code);
    const delimiter = readDelimiter(this.source, this.at, end);
    if (delimiter) {
      this.flush(this.at);
      this.hold(delimiter);
      this.delimiters.add(delimiter);
      this.textStart = end;
    }
    this.at = end;
  }

  private readUrl(code: number): void {
    const read = code === 0x3a ? readSchemeUrl : readWwwUrl;
    const found = read(this.source, this.textStart, this.at);
    if (!found) this.at++;
    else this.takeAutolink(found.start, found.end, found.url);
  }

  private takeAutolink(start: number, end: number, url: string): void {
    this.take(start, end, { type: "autolink", text: this.source.slice(start, end), url });
  }

  private readAt(): void {
    const email = readEmail(this.source, this.textStart, this.at);
    const end = email ? email.end : mentionEnd(this.source, this.at);
    if (email) this.takeAutolink(email.start, email.end, email.url);
    else if (end === undefined) this.at++;
    else this.take(this.at, end, { type: "mention", text: this.source.slice(this.at, end) });
  }

  private readAngle(): void {
    const { source, at } = this;
    if (source.startsWith(COMMENT_OPEN, at)) this.readComment();
    else {
      const tag = readTag(source, at);
      const link = tag ? undefined : readAngleAutolink(source, at);
      if (tag) {
        const { name, closing, attributes, end } = tag;
        this.take(at, end, { type: "tag", name, closing, attributes });
      } else if (link) {
        this.take(at, link.end, { type: "autolink", text: source.slice(at + 1, link.end - 1), url: link.url });
      } else this.at++;
    }
  }

  private readComment(): void {
    const end = this.noCommentEnd ? -1 : this.source.indexOf(COMMENT_CLOSE, this.at + COMMENT_OPEN.length);
    if (end < 0) {
      this.noCommentEnd = true;
      this.at++;
      return;
    }
    this.flush(this.at);
    this.at = end + COMMENT_CLOSE.length;
    this.textStart = this.at;
  }

  private readBackslash(): void {
    const next = this.source.charCodeAt(this.at + 1);
    if (next === 0x0a) this.take(this.at, this.at + 2, HARD_BREAK);
    else if (isAsciiPunctuation(next)) {
      this.flush(this.at);
      this.escapedAt = this.at + 1;
      this.textStart = this.at + 1;
      this.at += 2;
    } else this.at++;
  }

  private readCode(): void {
    const start = this.at;
    const contentStart = runEnd(this.source, start, 0x60);
    const closing = this.codeRuns.find(contentStart - start, contentStart);
    if (closing < 0) {
      this.at = contentStart;
      return;
    }
    const text = codeText(this.source.slice(contentStart, closing));
    this.take(start, closing + contentStart - start, { type: "code", text });
  }

  private openBracket(): void {
    const { at, source, brackets } = this;
    const image = at > this.textStart && source.charCodeAt(at - 1) === 0x21 && this.escapedAt !== at - 1;
    const start = image ? at - 1 : at;
    const enclosing = brackets[brackets.length - 1];
    if (enclosing) enclosing.hasBracketInside = true;
    this.flush(start);
    brackets.push({
      image,
      token: this.tokenCount,
      contentStart: at + 1,
      delimiter: this.delimiters.last,
      hasBracketInside: false,
    });
    this.hold(textEvent(image ? "![" : "["));
    this.textStart = at + 1;
    this.at = at + 1;
  }

  private closeBracket(): void {
    const bracket = this.brackets.pop();
    const isDead = bracket !== undefined && !bracket.image && this.brackets.length < this.deadBelow;
    if (this.brackets.length < this.deadBelow) this.deadBelow = this.brackets.length;
    const found = bracket && !isDead ? this.findTarget(bracket) : undefined;
    if (!bracket || !found) {
      this.at++;
      return;
    }
    this.flush(this.at);
    this.delimiters.pair(bracket.delimiter);
    const { url, title } = found.target;
    const node = { kind: bracket.image ? ("image" as const) : ("link" as const), url, title };
    this.tokens[bracket.token] = { type: "enter", node };
    this.add({ type: "leave", node });
    this.at = found.end;
    this.textStart = found.end;
    if (!bracket.image) this.deadBelow = this.brackets.length;
  }

  /** What the brackets that end at the current `]` point to, and where that ends. */
  private findTarget(bracket: Bracket): { target: LinkTarget; end: number } | undefined {
    const { source, at, references } = this;
    const next = source.charCodeAt(at + 1);
    const inline = next === 0x28 ? readInlineTarget(source, at + 1) : undefined;
    if (inline || references.size === 0) return inline;
    const label = next === 0x5b ? readLabel(source, at + 1) : undefined;
    if (label?.text) {
      const target = references.get(normalizeLabel(label.text));
      return target && { target, end: label.end };
    }
    if (bracket.hasBracketInside || at - bracket.contentStart > 999) return undefined;
    const target = references.get(normalizeLabel(source.slice(bracket.contentStart, at)));
    return target && { target, end: label ? label.end : at + 1 };
  }
}

function emitDelimiter(delimiter: Delimiter, onEvent: (event: MarkdownEvent) => void): void {
  const { closes, opens, left, code } = delimiter;
  if (closes) for (const span of closes) onEvent(span.leave);
  if (left > 0) onEvent(textEvent(String.fromCharCode(code).repeat(left)));
  if (opens) for (let index = opens.length - 1; index >= 0; index--) onEvent(opens[index]!.enter);
}
