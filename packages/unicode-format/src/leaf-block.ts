import { closesFence, type RawBlockStart, readSetextUnderline } from "./block-starts.ts";
import { isWhitespace, trimmedEnd, trimmedStart } from "./characters.ts";
import type { LineCursor } from "./line-cursor.ts";
import { type LinkTarget, takeDefinitions } from "./links.ts";
import type { Inlines } from "./read-inlines.ts";
import type { MarkdownSink } from "./sink.ts";
import { blankEnd, SourceLines } from "./source-lines.ts";
import { looksLikeDelimiterRow, TableRow } from "./table-rows.ts";
import type { UnitText } from "./unit-text.ts";

const OPENING_BRACKET = 0x5b;
const LF = 0x0a;

/** The block that lines are being added to, if one is open: it holds no other block, and is reported when it is closed. */
export class LeafBlock {
  readonly references = new Map<string, LinkTarget>();
  kind: "none" | "paragraph" | "code" | "raw" | "table" = "none";
  private spaced = false;
  /** Of a paragraph: up to here nothing in its first line is more than text. */
  private plainEnd = 0;
  /** Of a code block; the fence is empty for an indented one. */
  private fence = "";
  private info = "";
  private indent = 0;
  /** Of a raw block. */
  private rawStart: RawBlockStart | undefined = undefined;
  private readonly source: UnitText;
  private readonly line: LineCursor;
  private readonly lines: SourceLines;
  private readonly row: TableRow;
  private readonly sink: MarkdownSink;
  private readonly inlines: Inlines;

  constructor(source: UnitText, line: LineCursor, sink: MarkdownSink, inlines: Inlines) {
    this.source = source;
    this.line = line;
    this.lines = new SourceLines(source);
    this.row = new TableRow(source);
    this.sink = sink;
    this.inlines = inlines;
  }

  /** Lets go of the source, if the open block can: a paragraph's lines must stay where they are until it is closed. */
  letGo(): boolean {
    if (this.kind === "paragraph") return false;
    this.lines.letGo();
    return true;
  }

  startParagraph(spaced: boolean, from: number, to: number): void {
    this.kind = "paragraph";
    this.spaced = spaced;
    this.plainEnd = this.source.plainEnd;
    this.lines.add(from, to);
  }

  startCode(spaced: boolean, fence: string, info: string, indent: number): void {
    this.kind = "code";
    this.spaced = spaced;
    this.fence = fence;
    this.info = info;
    this.indent = indent;
  }

  /** Starts a raw block with what stands behind its mark on the line. */
  startRaw(spaced: boolean, start: RawBlockStart): void {
    this.kind = "raw";
    this.spaced = spaced;
    this.rawStart = start;
    this.addRaw(start, this.line.contentAt + start.width);
  }

  /** Adds the line if the open block takes lines as they are. */
  addVerbatim(): boolean {
    if (this.kind === "code") return this.addCode();
    if (this.kind !== "raw" || !this.rawStart) return false;
    this.addRaw(this.rawStart, this.line.at);
    return true;
  }

  /** Adds what is left of the line to the open paragraph. */
  addText(): void {
    this.lines.add(this.line.contentAt, this.line.end);
  }

  /** Adds what is left of the line to the open table. */
  addRow(): void {
    this.row.split(this.line.contentAt, this.line.end);
    this.row.report(false, this.source.plainEnd, this.sink, this.inlines);
  }

  /** A heading of one line. */
  addHeading(spaced: boolean, level: number, from: number, to: number): void {
    this.reportHeading(spaced, level, this.source, from, to, this.source.plainEnd);
    this.source.readAll();
  }

  /** Whether the line makes the open paragraph a heading or a table. */
  endParagraph(): boolean {
    const { code } = this.line;
    if (code === 0x3d) return this.endAsHeading(1);
    if (code === 0x2d) return this.endAsHeading(2) || this.endAsTable();
    return (code === 0x3a || code === 0x7c) && this.endAsTable();
  }

  close(): void {
    const { kind } = this;
    if (kind === "none") return;
    this.kind = "none";
    if (kind === "paragraph") this.closeParagraph();
    else if (kind === "code") this.closeCode();
    else if (kind === "raw") this.closeRaw();
    else this.sink.leave("table");
  }

  private addCode(): boolean {
    const { line, lines, fence } = this;
    if (fence === "") {
      if (!line.isBlank && line.indent < 4) return false;
      line.takeSpace(4);
      line.addRestTo(lines);
    } else if (line.indent <= 3 && closesFence(fence, this.source, line.contentAt, line.end)) this.close();
    else {
      line.takeSpace(this.indent);
      line.addRestTo(lines);
    }
    return true;
  }

  /** Adds the line from `from` on to a raw block, up to the mark that ends it; what is behind that is text again. */
  private addRaw({ end: mark }: RawBlockStart, from: number): void {
    const { source, line, lines } = this;
    const found = mark.exec(source.slice(from, line.end));
    if (found) lines.add(from, from + found.index);
    else if (from > line.at) lines.add(from, line.end);
    else line.addRestTo(lines);
    if (!found) return;
    this.close();
    const end = trimmedEnd(source, from + found.index + found[0].length, line.end);
    const behind = trimmedStart(source, from + found.index + found[0].length, end);
    if (behind < end) this.startParagraph(false, behind, end);
  }

  private endAsHeading(level: 1 | 2): boolean {
    const { line, lines, source } = this;
    if (!readSetextUnderline(source, line.contentAt, line.end)) return false;
    const part = lines.part();
    const behind = takeDefinitions(part, this.references);
    const to = trimmedEnd(part, behind, part.end);
    const from = trimmedStart(part, behind, to);
    const isHeading = from < to;
    if (isHeading) {
      lines.clear();
      this.kind = "none";
      this.reportHeading(this.spaced, level, part, from, to, 0);
    }
    source.readAll();
    return isHeading;
  }

  private endAsTable(): boolean {
    const { line, lines, row, sink } = this;
    if (!looksLikeDelimiterRow(this.source, line.contentAt, line.end)) return false;
    row.split(line.contentAt, line.end);
    const columns = row.alignments();
    row.split(lines.lastFrom, lines.lastTo);
    if (columns?.length !== row.count) return false;
    lines.dropLast();
    const spaced = lines.isEmpty && this.spaced;
    this.close();
    this.kind = "table";
    sink.table(spaced, columns);
    row.report(true, 0, sink, this.inlines);
    return true;
  }

  private closeParagraph(): void {
    const { sink, source } = this;
    const part = this.takePart();
    const from = part.code(part.start) === OPENING_BRACKET ? takeDefinitions(part, this.references) : part.start;
    const isTrimmed = from < part.end && !isWhitespace(part.code(part.end - 1));
    const to = isTrimmed ? part.end : trimmedEnd(part, from, part.end);
    if (from < to) {
      sink.paragraph(this.spaced);
      this.inlines.read(part, from, to, part === source ? this.plainEnd : 0);
      sink.leave("paragraph");
    }
    source.readAll();
  }

  private closeCode(): void {
    const { fence, info, spaced } = this;
    const part = this.takePart();
    this.sink.codeBlock(spaced, fence, info, part, part.start, fence === "" ? blankEnd(part) : part.end);
    this.source.readAll();
  }

  private closeRaw(): void {
    const part = this.takePart();
    const { start, end } = part;
    if (this.rawStart?.isShown && trimmedStart(part, start, end) < end) {
      const from = part.code(start) === LF ? start + 1 : start;
      this.sink.codeBlock(this.spaced, "", "", part, from, part.code(end - 1) === LF ? end - 1 : end);
    }
    this.source.readAll();
  }

  /** The lines, which are no longer those of the open block. */
  private takePart(): UnitText {
    const part = this.lines.part();
    this.lines.clear();
    return part;
  }

  private reportHeading(
    spaced: boolean,
    level: number,
    source: UnitText,
    from: number,
    to: number,
    plainEnd: number,
  ): void {
    this.sink.heading(spaced, level);
    this.inlines.read(source, from, to, plainEnd);
    this.sink.leave("heading");
  }
}
