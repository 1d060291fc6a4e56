import { mentionEnd, readAngleAutolink, readEmail, readSchemeUrl, readWwwUrl } from "./autolinks.ts";
import { isAsciiPunctuation } from "./characters.ts";
import { CodeRuns, codeText, runEnd } from "./code-runs.ts";
import { type Delimiter, DelimiterList } from "./emphasis.ts";
import { readEntity } from "./entities.ts";
import type { MarkdownNode, MarkdownSink, MarkedLeaf } from "./events.ts";
import { readTag } from "./html-tags.ts";
import { type LinkTarget, normalizeLabel, type References, readInlineTarget, readLabel } from "./links.ts";
import { createFarSearch, nextSpecial, startsText } from "./special-characters.ts";
import { Stack } from "./stack.ts";

const SPACE = 0x20;

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

/** What waits for the end of the text. A string is text. */
type Token =
  | string
  | Delimiter
  | { readonly type: "enter"; readonly node: MarkdownNode }
  | { readonly type: "leave"; readonly node: MarkdownNode }
  | MarkedLeaf;

const SOFT_BREAK: MarkedLeaf = { type: "break", hard: false };
const HARD_BREAK: MarkedLeaf = { type: "break", hard: true };

/** What reads the inline Markdown of a block. */
export interface Inlines {
  read(source: string): void;
}

/**
 * Reads inline Markdown (a paragraph's lines, a heading, a cell) and reports it in order. Every character is looked at a
 * bounded number of times. One reader serves all the texts of a document, one after the other.
 */
export class InlineReader implements Inlines {
  private readonly references: References;
  private readonly sink: MarkdownSink;
  /** What waits for the end of the text, as it may yet become a span or link; the array is used again. */
  private readonly tokens: Token[] = [];
  private tokenCount = 0;
  private readonly delimiters = new DelimiterList();
  private readonly brackets = new Stack<Bracket>();
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
  private readonly far = createFarSearch();

  /** `joinsLines`: lines of mere text are one event, with the line breaks between them. */
  constructor(references: References, sink: MarkdownSink, joinsLines: boolean) {
    this.references = references;
    this.joinsLines = joinsLines;
    this.sink = sink;
  }

  read(source: string): void {
    const first = nextSpecial(source, 0, this.far);
    if (first < source.length) {
      this.start(source);
      this.readFrom(first);
      this.emit();
    } else if (source !== "") this.sink.text(source);
  }

  private start(source: string): void {
    this.source = source;
    this.codeRuns.start(source);
    this.delimiters.clear();
    this.brackets.clear();
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
    const { tokens, sink, tokenCount } = this;
    for (let index = 0; index < tokenCount; index++) {
      const token = tokens[index]!;
      if (typeof token === "string") sink.text(token);
      else if (token.type === "delimiter") token.report(sink);
      else if (token.type === "enter") sink.enter(token.node);
      else if (token.type === "leave") sink.leave(token.node);
      else sink.leaf(token);
    }
    this.tokenCount = 0;
  }

  private hold(token: Token): void {
    this.tokens[this.tokenCount++] = token;
  }

  /** Reports text, behind what waits. */
  private addText(text: string): void {
    if (this.tokenCount === 0) this.sink.text(text);
    else this.hold(text);
  }

  private addLeaf(leaf: MarkedLeaf): void {
    if (this.tokenCount === 0) this.sink.leaf(leaf);
    else this.hold(leaf);
  }

  private flush(end: number): void {
    if (end > this.textStart) this.addText(this.source.slice(this.textStart, end));
  }

  /** Puts `leaf` in the place of `start`…`end`. */
  private take(start: number, end: number, leaf: MarkedLeaf): void {
    this.flush(start);
    this.addLeaf(leaf);
    this.skipTo(end);
  }

  private skipTo(end: number): void {
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
    this.addLeaf(isHard ? HARD_BREAK : SOFT_BREAK);
    this.textStart = ++this.at;
  }

  private readEntity(): void {
    const entity = readEntity(this.source, this.at);
    if (!entity) this.at++;
    else if (/[\n\r]/.test(entity.text)) this.take(this.at, entity.end, SOFT_BREAK);
    else {
      this.flush(this.at);
      this.addText(entity.text);
      this.skipTo(entity.end);
    }
  }

  private readDelimiter(code: number): void {
    const end = runEnd(this.source, this.at, code);
    const delimiter = this.delimiters.add(this.source, this.at, end);
    if (delimiter) {
      this.flush(this.at);
      this.hold(delimiter);
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
    this.skipTo(end + COMMENT_CLOSE.length);
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
    const enclosing = brackets.top;
    if (enclosing) enclosing.hasBracketInside = true;
    this.flush(start);
    brackets.push({
      image,
      token: this.tokenCount,
      contentStart: at + 1,
      delimiter: this.delimiters.last,
      hasBracketInside: false,
    });
    this.hold(image ? "![" : "[");
    this.skipTo(at + 1);
  }

  private closeBracket(): void {
    const bracket = this.brackets.pop();
    const isDead = bracket !== undefined && !bracket.image && this.brackets.size < this.deadBelow;
    if (this.brackets.size < this.deadBelow) this.deadBelow = this.brackets.size;
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
    this.hold({ type: "leave", node });
    this.skipTo(found.end);
    if (!bracket.image) this.deadBelow = this.brackets.size;
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
