import { mentionEnd, readAngleAutolink, readEmail, readSchemeUrl, readWwwUrl } from "./autolinks.ts";
import { Brackets } from "./brackets.ts";
import { isAsciiPunctuation } from "./characters.ts";
import { CodeRuns, isPadded, runEnd } from "./code-runs.ts";
import { Delimiters, NONE } from "./emphasis.ts";
import { readEntity } from "./entities.ts";
import { readTag } from "./html-tags.ts";
import { LinkTargets } from "./link-targets.ts";
import type { References } from "./links.ts";
import type { MarkdownSink } from "./sink.ts";
import { nextSpecial, startsText } from "./special-characters.ts";
import { UnitText } from "./unit-text.ts";
import { WaitingInlines } from "./waiting-inlines.ts";

const SPACE = 0x20;

const COMMENT_OPEN = "<!--";
const COMMENT_CLOSE = "-->";

/** What reads the inline Markdown of a block. */
export interface Inlines {
  /**
   * Reads `source` from `from` to `to`; the source's part is changed. What stands before `plainEnd` is known to be mere text.
   */
  read(source: UnitText, from: number, to: number, plainEnd: number): void;
}

/**
 * Reads inline Markdown (a paragraph's lines, a heading, a cell) and reports it in order. Every character is looked at a
 * bounded number of times. One reader serves all the texts of a document, one after the other.
 */
export class InlineReader implements Inlines {
  private readonly sink: MarkdownSink;
  private source = new UnitText();
  private readonly delimiters = new Delimiters();
  /** Where everything goes; it waits there where it may yet become a span or link. */
  private readonly inlines: WaitingInlines;
  private readonly brackets = new Brackets();
  private readonly targets: LinkTargets;
  private readonly codeRuns = new CodeRuns();
  private at = 0;
  /** Where the text that was not yet passed on starts. */
  private textStart = 0;
  private escapedAt = -1;
  private noCommentEnd = false;
  /** Whether that text goes on over the end of a line. */
  private hasLines = false;

  constructor(references: References, sink: MarkdownSink) {
    this.targets = new LinkTargets(references);
    this.sink = sink;
    this.inlines = new WaitingInlines(sink, this.delimiters, this.source);
  }

  read(source: UnitText, from: number, to: number, plainEnd: number): void {
    source.readPart(from, to);
    const first = nextSpecial(source, Math.max(from, plainEnd));
    if (first < to) {
      this.start(source);
      this.readFrom(first);
    } else if (from < to) this.sink.text(source, from, to);
  }

  private start(source: UnitText): void {
    this.source = source;
    this.inlines.start(source);
    this.codeRuns.clear();
    this.delimiters.clear();
    this.brackets.clear();
    this.textStart = source.start;
    this.hasLines = false;
    this.escapedAt = -1;
    this.noCommentEnd = false;
    this.targets.clear();
  }

  private readFrom(first: number): void {
    const { source } = this;
    const { end } = source;
    for (this.at = first; this.at < end; this.at = nextSpecial(source, this.at)) {
      this.readSpecial(source.code(this.at));
    }
    this.flush(end);
    this.delimiters.pair(NONE);
    this.inlines.report();
  }

  /** Passes on the text that comes before `end`. */
  private flush(end: number): void {
    if (this.textStart < end) this.inlines.text(this.textStart, end, this.hasLines);
    this.hasLines = false;
  }

  /** Goes on behind what was passed on. */
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
    while (end > textStart && source.code(end - 1) === SPACE) end--;
    if (end === this.at && end > textStart && startsText(source.code(end + 1))) {
      this.at++;
      this.hasLines = true;
      return;
    }
    const isHard = this.at - end >= 2;
    this.flush(end);
    this.inlines.lineBreak(isHard);
    this.skipTo(this.at + 1);
  }

  private readEntity(): void {
    const entity = readEntity(this.source, this.at);
    if (!entity) {
      this.at++;
      return;
    }
    this.flush(this.at);
    if (/[\n\r]/.test(entity.text)) this.inlines.lineBreak(false);
    else this.inlines.decodedText(entity.text);
    this.skipTo(entity.end);
  }

  private readDelimiter(code: number): void {
    const end = runEnd(this.source, this.at, code);
    const run = this.delimiters.add(this.source, this.at, end);
    if (run !== NONE) {
      this.flush(this.at);
      this.inlines.delimiter(run);
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
    this.flush(start);
    this.inlines.autolink(this.source.slice(start, end), url);
    this.skipTo(end);
  }

  private readAt(): void {
    const email = readEmail(this.source, this.textStart, this.at);
    if (email) {
      this.takeAutolink(email.start, email.end, email.url);
      return;
    }
    const end = mentionEnd(this.source, this.at);
    if (end === undefined) {
      this.at++;
      return;
    }
    this.flush(this.at);
    this.inlines.mention(this.at, end);
    this.skipTo(end);
  }

  private readAngle(): void {
    const { source, at } = this;
    if (source.startsWith(COMMENT_OPEN, at)) this.readComment();
    else if (!this.readTag() && !this.readAngleAutolink()) this.at++;
  }

  private readTag(): boolean {
    const tag = readTag(this.source, this.at);
    if (!tag) return false;
    const { name, closing, attributes, end } = tag;
    this.flush(this.at);
    this.inlines.tag({ type: "tag", name, closing, attributes });
    this.skipTo(end);
    return true;
  }

  private readAngleAutolink(): boolean {
    const { source, at } = this;
    const link = readAngleAutolink(source, at);
    if (!link) return false;
    this.flush(at);
    this.inlines.autolink(source.slice(at + 1, link.end - 1), link.url);
    this.skipTo(link.end);
    return true;
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
    const next = this.source.code(this.at + 1);
    if (next === 0x0a) {
      this.flush(this.at);
      this.inlines.lineBreak(true);
      this.skipTo(this.at + 2);
    } else if (isAsciiPunctuation(next)) {
      this.flush(this.at);
      this.escapedAt = this.at + 1;
      this.textStart = this.at + 1;
      this.at += 2;
    } else this.at++;
  }

  private readCode(): void {
    const { source, at: start } = this;
    const contentStart = runEnd(source, start, 0x60);
    const closing = this.codeRuns.find(source, contentStart - start, contentStart);
    if (closing < 0) {
      this.at = contentStart;
      return;
    }
    this.flush(start);
    const padding = isPadded(source, contentStart, closing) ? 1 : 0;
    this.inlines.code(contentStart + padding, closing - padding);
    this.skipTo(closing + contentStart - start);
  }

  private openBracket(): void {
    const { at, source } = this;
    const isImage = at > this.textStart && source.code(at - 1) === 0x21 && this.escapedAt !== at - 1;
    const start = isImage ? at - 1 : at;
    this.flush(start);
    this.brackets.open(isImage, this.inlines.bracket(start, at + 1), at + 1, this.delimiters.last);
    this.skipTo(at + 1);
  }

  private closeBracket(): void {
    const { brackets } = this;
    const found = brackets.close() ? this.targets.find(this.source, this.at, brackets) : undefined;
    if (!found) {
      this.at++;
      return;
    }
    this.flush(this.at);
    this.delimiters.pair(brackets.delimiter);
    this.inlines.link(brackets.inline, brackets.isImage, found.target);
    this.skipTo(found.end);
    if (!brackets.isImage) brackets.endLink();
  }
}
