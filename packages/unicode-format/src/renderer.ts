import type { MarkdownLeafOf } from "./events.ts";
import { addItemMark, type ListState } from "./item-marks.ts";
import { BOLD, ITALIC, STRUCK } from "./letters.ts";
import { LinkAddresses } from "./link-addresses.ts";
import { RULE } from "./marks.ts";
import { renderTag } from "./render-tag.ts";
import type { MarkdownSink, NodeKind, SpanKind } from "./sink.ts";
import { SpanWriter } from "./span-writer.ts";
import { Stack } from "./stack.ts";
import { TableWriter } from "./table-text.ts";
import { TextWriter } from "./text-writer.ts";
import { UnitBuffer } from "./unit-buffer.ts";
import type { UnitText } from "./unit-text.ts";
import { unitsOf } from "./units.ts";

const HEADING_MARKS = ["■ ", "◆ ", "▪ ", "▫ "].map(unitsOf);
const QUOTE_BAR = unitsOf("│ ");
/** Spaces, as many as the longest mark of an item is wide. */
const INDENT = unitsOf(" ".repeat(20));
const BACKTICK = 0x60;
const LF = 0x0a;

function lookOf(kind: SpanKind): number {
  return kind === "strong" ? BOLD : kind === "emphasis" ? ITALIC : STRUCK;
}

export interface RenderOptions {
  readonly isStyled: boolean;
  readonly keepsCodeMarks: boolean;
}

/** Writes what the reader reports as plain text. */
export class Renderer implements MarkdownSink {
  readonly spans: SpanWriter;
  readonly links = new LinkAddresses();
  private readonly page = new TextWriter();
  private readonly cells = new TableWriter(this.page);
  private readonly lists = new Stack<ListState>();
  private readonly keepsCodeMarks: boolean;
  /** What stands before an item. */
  private readonly mark = new UnitBuffer();
  private isInRow = false;

  constructor({ isStyled, keepsCodeMarks }: RenderOptions) {
    this.spans = new SpanWriter(this.page, isStyled);
    this.keepsCodeMarks = keepsCodeMarks;
  }

  /** What was written. */
  take(): string {
    return this.page.take();
  }

  get isAtLineStart(): boolean {
    return (this.isInRow ? this.cells.row : this.page).lastCode < 0;
  }

  text(source: UnitText, from: number, to: number): void {
    if (this.links.isOpen) this.links.see(source.slice(from, to));
    this.spans.text(source.units, from, to);
  }

  lines(source: UnitText, from: number, to: number): void {
    if (this.links.isOpen) this.links.see(source.slice(from, to));
    this.spans.lines(source, from, to);
  }

  decodedText(text: string): void {
    this.links.see(text);
    this.spans.decodedText(text);
  }

  /** Text whose letters never change. */
  raw(text: string): void {
    if (text === "") return;
    this.links.see(text);
    this.spans.raw(text);
  }

  /** What `links` gave for the address of the link that was left. */
  address(text: string): void {
    const { links, spans } = this;
    if (text === "") return;
    if (!links.isInParentheses) this.raw(text);
    else if (links.isOpen) this.raw(` (${text})`);
    else {
      spans.raw(" (");
      spans.raw(text);
      spans.raw(")");
    }
  }

  paragraph(spaced: boolean): void {
    this.page.startBlock(spaced);
  }

  heading(_spaced: boolean, level: number): void {
    this.page.startBlock(true);
    this.page.writeUnits(HEADING_MARKS[Math.min(level, HEADING_MARKS.length) - 1]!, 0, 2);
    this.spans.enter(BOLD);
  }

  quote(spaced: boolean): void {
    this.page.startBlock(spaced);
    this.page.enter(QUOTE_BAR, QUOTE_BAR, QUOTE_BAR.length);
  }

  list(spaced: boolean, start: number | undefined, delimiter: "." | ")" | undefined): void {
    this.page.startBlock(spaced);
    const around = this.lists.top?.bullets ?? 0;
    this.lists.push({ bullets: start === undefined ? around + 1 : around, delimiter: delimiter ?? ".", last: -1 });
  }

  item(spaced: boolean, number: number | undefined, checked: boolean | undefined): void {
    this.page.startBlock(spaced);
    this.mark.clear();
    addItemMark(this.mark, this.lists.top, number, checked);
    this.page.enter(this.mark.units, INDENT, this.mark.length);
  }

  table(spaced: boolean): void {
    this.page.startBlock(spaced);
    this.cells.start();
  }

  row(): void {
    this.isInRow = true;
    this.spans.use(this.cells.row);
  }

  cell(): void {}

  span(kind: SpanKind): void {
    this.spans.enter(lookOf(kind));
  }

  link(url: string): void {
    this.links.enter(url);
  }

  image(url: string): void {
    this.links.enter(url);
  }

  leave(kind: NodeKind): void {
    switch (kind) {
      case "paragraph":
        this.endBlock();
        break;
      case "strong":
      case "emphasis":
      case "strikethrough":
        this.spans.leave(lookOf(kind));
        break;
      case "cell":
        this.endBlock();
        this.cells.row.endCell();
        break;
      case "item":
      case "quote":
        this.page.leave();
        break;
      case "row":
        this.leaveRow();
        break;
      case "link":
      case "image":
        this.address(this.links.leave(kind === "image"));
        break;
      case "list":
        this.lists.pop();
        break;
      case "heading":
        this.endBlock();
        this.page.endHeading();
        break;
      default:
        kind satisfies "table";
        this.cells.end();
    }
  }

  code(source: UnitText, from: number, to: number): void {
    const { spans, links, keepsCodeMarks } = this;
    if (!links.isOpen && isPlainCode(source, from, to)) spans.code(source, from, to, keepsCodeMarks);
    else {
      const text = source.slice(from, to).replaceAll("\n", " ");
      this.raw(keepsCodeMarks ? markedCode(text) : text);
    }
  }

  autolink(text: string): void {
    this.raw(text);
  }

  mention(text: string): void {
    this.raw(text);
  }

  lineBreak(): void {
    this.spans.newLine();
  }

  tag(tag: MarkdownLeafOf<"tag">): void {
    renderTag(tag, this);
  }

  codeBlock(spaced: boolean, fence: string, info: string, source: UnitText, from: number, to: number): void {
    const { page } = this;
    const isFenced = this.keepsCodeMarks && fence !== "";
    page.startBlock(spaced);
    if (!isFenced && from === to) return;
    page.startVerbatim();
    if (isFenced) {
      page.write(fence);
      page.write(info);
      page.writeUnit(LF);
    }
    page.writeVerbatim(source, from, to);
    if (isFenced) {
      if (from < to) page.writeUnit(LF);
      page.write(fence);
    }
    page.endVerbatim();
  }

  rule(spaced: boolean): void {
    this.page.startBlock(spaced);
    this.page.write(RULE);
  }

  private endBlock(): void {
    if (this.links.isTagOpen) this.address(this.links.leaveTag());
    this.spans.end();
  }

  private leaveRow(): void {
    this.isInRow = false;
    this.spans.use(this.page);
    this.cells.endRow();
  }
}

function markedCode(text: string): string {
  return text.includes("`") ? `\`\` ${text} \`\`` : `\`${text}\``;
}

/** Whether code stands as it is between single backticks. */
function isPlainCode({ units }: UnitText, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (units[at] === BACKTICK || units[at] === LF) return false;
  return true;
}
