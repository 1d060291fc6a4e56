import type { Delimiters } from "./emphasis.ts";
import type { MarkdownLeafOf } from "./events.ts";
import type { LinkTarget } from "./links.ts";
import { NumberTable } from "./number-table.ts";
import type { MarkdownSink } from "./sink.ts";
import { Stack } from "./stack.ts";
import type { UnitText } from "./unit-text.ts";

/** The columns of what waits: its kind, and a range of the source, or the index of what is no number. */
const KIND = 0;
const FROM = 1;
const TO = 2;
const COLUMNS = 3;

/** The kinds. */
const TEXT = 0;
const LINES = 1;
const DECODED = 2;
const DELIMITER = 3;
const LINK = 4;
const IMAGE = 5;
const LEAVE_LINK = 6;
const LEAVE_IMAGE = 7;
const SOFT_BREAK = 8;
const HARD_BREAK = 9;
const CODE = 10;
const MENTION = 11;
const AUTOLINK = 12;
const TAG = 13;

type Tag = MarkdownLeafOf<"tag">;

/**
 * Reports inlines in order. As soon as one may yet become a span or link, it waits, and so does all behind it, until
 * `report`; before that nothing needs to.
 */
export class WaitingInlines {
  private readonly sink: MarkdownSink;
  private readonly delimiters: Delimiters;
  private source: UnitText;
  private readonly rows = new NumberTable(COLUMNS);
  private readonly texts = new Stack<string>();
  private readonly targets = new Stack<LinkTarget>();
  private readonly tags = new Stack<Tag>();

  constructor(sink: MarkdownSink, delimiters: Delimiters, source: UnitText) {
    this.sink = sink;
    this.delimiters = delimiters;
    this.source = source;
  }

  start(source: UnitText): void {
    this.source = source;
  }

  /** The text from `from` to `to`: of one line, or of several. */
  text(from: number, to: number, hasLines: boolean): void {
    if (this.rows.count > 0) this.wait(hasLines ? LINES : TEXT, from, to);
    else if (hasLines) this.sink.lines(this.source, from, to);
    else this.sink.text(this.source, from, to);
  }

  decodedText(text: string): void {
    if (this.rows.count === 0) this.sink.decodedText(text);
    else this.wait(DECODED, this.texts.push(text), 0);
  }

  lineBreak(hard: boolean): void {
    if (this.rows.count === 0) this.sink.lineBreak(hard);
    else this.wait(hard ? HARD_BREAK : SOFT_BREAK, 0, 0);
  }

  code(from: number, to: number): void {
    if (this.rows.count === 0) this.sink.code(this.source, from, to);
    else this.wait(CODE, from, to);
  }

  mention(from: number, to: number): void {
    if (this.rows.count === 0) this.sink.mention(this.source.slice(from, to));
    else this.wait(MENTION, from, to);
  }

  autolink(text: string, url: string): void {
    if (this.rows.count === 0) this.sink.autolink(text, url);
    else this.wait(AUTOLINK, this.texts.push(text), this.texts.push(url));
  }

  tag(tag: Tag): void {
    if (this.rows.count === 0) this.sink.tag(tag);
    else this.wait(TAG, this.tags.push(tag), 0);
  }

  delimiter(run: number): void {
    this.wait(DELIMITER, run, 0);
  }

  /** The bracket that may open a link, and is text unless `link` is called with what is returned. */
  bracket(from: number, to: number): number {
    return this.wait(TEXT, from, to);
  }

  /** Makes a link or image of what waits from the bracket on. */
  link(bracket: number, isImage: boolean, target: LinkTarget): void {
    this.rows.set(bracket, KIND, isImage ? IMAGE : LINK);
    this.rows.set(bracket, FROM, this.targets.push(target));
    this.wait(isImage ? LEAVE_IMAGE : LEAVE_LINK, 0, 0);
  }

  /** Reports all that waits. */
  report(): void {
    const { rows, sink, source } = this;
    for (let row = 0; row < rows.count; row++) {
      const kind = rows.get(row, KIND);
      const from = rows.get(row, FROM);
      const to = rows.get(row, TO);
      // Most are.
      if (kind === TEXT) sink.text(source, from, to);
      else this.reportOne(kind, from, to);
    }
    rows.count = 0;
    this.texts.clear();
    this.targets.clear();
    this.tags.clear();
  }

  private wait(kind: number, from: number, to: number): number {
    return this.rows.addThree(kind, from, to);
  }

  private reportOne(kind: number, from: number, to: number): void {
    const { sink, source, texts } = this;
    switch (kind) {
      case LINES:
        sink.lines(source, from, to);
        break;
      case DELIMITER:
        this.delimiters.report(from, source, sink);
        break;
      case LINK:
      case IMAGE:
        this.enterLink(kind === IMAGE, this.targets.at(from)!);
        break;
      case LEAVE_LINK:
        sink.leave("link");
        break;
      case LEAVE_IMAGE:
        sink.leave("image");
        break;
      case SOFT_BREAK:
      case HARD_BREAK:
        sink.lineBreak(kind === HARD_BREAK);
        break;
      case CODE:
        sink.code(source, from, to);
        break;
      case DECODED:
        sink.decodedText(texts.at(from)!);
        break;
      case MENTION:
        sink.mention(source.slice(from, to));
        break;
      case AUTOLINK:
        sink.autolink(texts.at(from)!, texts.at(to)!);
        break;
      default:
        sink.tag(this.tags.at(from)!);
    }
  }

  private enterLink(isImage: boolean, { url, title }: LinkTarget): void {
    if (isImage) this.sink.image(url, title);
    else this.sink.link(url, title);
  }
}
