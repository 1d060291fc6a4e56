import {
  closesFence,
  isRule,
  type ListMarker,
  mayStartBlock,
  readAtxHeading,
  readFenceStart,
  readListMarker,
  readRawBlockStart,
  readSetextUnderline,
  readTaskBox,
} from "./block-starts.ts";
import { isWhitespace, trimmedEnd, trimmedStart } from "./characters.ts";
import { Containers, takeQuoteMark } from "./containers.ts";
import type { MarkdownNode, MarkdownSink } from "./events.ts";
import { LineCursor } from "./line-cursor.ts";
import { type LinkTarget, takeDefinitions } from "./links.ts";
import { OPEN_PARAGRAPH, OPEN_SPACED_PARAGRAPH, type Open, SPACED_PARAGRAPH } from "./open-block.ts";
import type { Inlines } from "./read-inlines.ts";
import { SourceLines, withoutBlankEnd } from "./source-lines.ts";
import { looksLikeDelimiterRow, TableRow } from "./table-rows.ts";

/**
 * Containers nest no deeper: each line is matched against all that are open, and no phone shows more. Deeper quotes
 * join the deepest one, deeper list markers are text.
 */
const MAX_DEPTH = 64;

export class BlockReader {
  readonly references = new Map<string, LinkTarget>();
  private readonly containers: Containers;
  private readonly line: LineCursor;
  private readonly text: string;
  private readonly sink: MarkdownSink;
  private readonly inlines: Inlines;
  private open: Open | undefined = undefined;
  /** The lines of the open block. */
  private readonly lines: SourceLines;
  private readonly row = new TableRow();
  private sawBlank = false;

  constructor(text: string, sink: MarkdownSink, inlines: Inlines) {
    this.text = text;
    this.sink = sink;
    this.inlines = inlines;
    this.line = new LineCursor(text);
    this.lines = new SourceLines(text);
    this.containers = new Containers(this.line, sink);
  }

  read(): void {
    this.readLines();
    this.closeContainers(0);
  }

  private readLines(): void {
    const { text, line } = this;
    for (let start = 0, end = 0; start < text.length; start = end + 1) {
      end = text.indexOf("\n", start);
      if (end < 0) end = text.length;
      line.moveTo(start, end);
      this.readLine();
    }
  }

  private readLine(): void {
    const matched = this.containers.match(this.open !== undefined);
    const isInside = matched === this.containers.depth;
    if (isInside && this.addVerbatim()) return;
    if (this.line.isBlank) this.readBlank(matched);
    else {
      this.startBlocks(matched, isInside);
      this.sawBlank = false;
    }
  }

  /** Adds the line to an open block that takes lines as they are. */
  private addVerbatim(): boolean {
    const { open, line } = this;
    if (open?.kind === "code") return this.addCode(open.fence, open.indent);
    if (open?.kind !== "raw") return false;
    this.addRaw(open.end, line.at);
    return true;
  }

  private addCode(fence: string, indent: number): boolean {
    const { line, lines } = this;
    if (fence === "") {
      if (!line.isBlank && line.indent < 4) return false;
      line.takeSpace(4);
      line.addRestTo(lines);
    } else if (line.indent <= 3 && closesFence(fence, this.text, line.contentAt, line.end)) this.closeOpen();
    else {
      line.takeSpace(Math.min(indent, line.indent));
      line.addRestTo(lines);
    }
    return true;
  }

  /** Adds the line from `from` on to a raw block, up to the mark that ends it; what is behind that is text again. */
  private addRaw(mark: RegExp, from: number): void {
    const { text, line, lines } = this;
    const found = mark.exec(text.slice(from, line.end));
    if (found) lines.add(from, from + found.index);
    else if (from > line.at) lines.add(from, line.end);
    else line.addRestTo(lines);
    if (!found) return;
    this.closeOpen();
    const end = trimmedEnd(text, from + found.index + found[0].length, line.end);
    const behind = trimmedStart(text, from + found.index + found[0].length, end);
    if (behind < end) this.startParagraph(behind, end);
  }

  private readBlank(matched: number): void {
    // A quote ends at a line without its mark; an item that is still empty at the second line.
    if (matched < this.containers.depth) this.closeContainers(matched);
    else this.closeOpen();
    this.sawBlank = true;
  }

  /** Opens what the line starts, and adds what is left of it. */
  private startBlocks(matched: number, wasInside: boolean): void {
    const { line } = this;
    let depth = matched;
    let isInside = wasInside;
    for (;;) {
      const paragraph = this.open?.kind === "paragraph" ? this.open : undefined;
      if (line.indent > 3 && !paragraph) {
        this.enterBlock(depth);
        this.open = { kind: "code", spaced: this.takeSpaced(), fence: "", info: "", indent: 0 };
        this.addVerbatim();
        return;
      }
      if (line.indent > 3 || !mayStartBlock(line.code)) break;
      if (line.code === 0x3e) this.startQuote(depth);
      else if (isInside && paragraph && this.endParagraphAs(paragraph.node)) return;
      else if (this.startLeaf(depth)) return;
      else if (!this.startItem(depth, isInside ? paragraph : undefined)) break;
      depth = this.containers.depth;
      isInside = true;
      if (line.isBlank) return;
    }
    this.addText(depth);
  }

  private startQuote(depth: number): void {
    if (depth < MAX_DEPTH) {
      this.enterBlock(depth);
      this.containers.enter("quote", { kind: "quote", spaced: this.takeSpaced() });
    }
    takeQuoteMark(this.line);
  }

  /** A line under a paragraph that makes it a heading or a table. */
  private endParagraphAs(node: MarkdownNode): boolean {
    const { code } = this.line;
    if (code === 0x3d) return this.endAsHeading(node, 1);
    if (code === 0x2d) return this.endAsHeading(node, 2) || this.endAsTable(node);
    return (code === 0x3a || code === 0x7c) && this.endAsTable(node);
  }

  private endAsHeading(paragraph: MarkdownNode, level: 1 | 2): boolean {
    const { line, lines } = this;
    if (!readSetextUnderline(this.text, line.contentAt, line.end)) return false;
    const text = lines.text();
    const source = text.slice(takeDefinitions(text, this.references)).trim();
    if (source === "") return false;
    lines.clear();
    this.open = undefined;
    this.report({ kind: "heading", spaced: paragraph === SPACED_PARAGRAPH, level }, source);
    return true;
  }

  private endAsTable(paragraph: MarkdownNode): boolean {
    const { line, lines, text, row } = this;
    if (!looksLikeDelimiterRow(text, line.contentAt, line.end)) return false;
    row.split(text, line.contentAt, line.end);
    const columns = row.alignments();
    row.split(text, lines.lastFrom, lines.lastTo);
    if (columns?.length !== row.count) return false;
    lines.dropLast();
    const isFirst = lines.isEmpty;
    this.closeOpen();
    const node = { kind: "table", spaced: isFirst && paragraph === SPACED_PARAGRAPH, columns } as const;
    this.open = { kind: "table", node };
    this.sink.enter(node);
    row.report(true, this.sink, this.inlines);
    return true;
  }

  /** A heading, rule, code block or raw block that starts here. */
  private startLeaf(depth: number): boolean {
    const { line, text } = this;
    const { contentAt, end } = line;
    switch (line.code) {
      case 0x23: {
        const heading = readAtxHeading(text, contentAt, end);
        if (!heading) return false;
        this.enterBlock(depth);
        this.report({ kind: "heading", spaced: this.takeSpaced(), level: heading.level }, heading.text);
        return true;
      }
      case 0x2a:
      case 0x2d:
      case 0x5f:
        if (!isRule(text, contentAt, end)) return false;
        this.enterBlock(depth);
        this.sink.leaf({ type: "rule", spaced: this.takeSpaced() });
        return true;
      case 0x60:
      case 0x7e: {
        const start = readFenceStart(text, contentAt, end);
        if (!start) return false;
        this.enterBlock(depth);
        const { fence, info } = start;
        this.open = { kind: "code", spaced: this.takeSpaced(), fence, info, indent: line.indent };
        return true;
      }
      case 0x3c:
        return this.startRaw(depth);
      default:
        return false;
    }
  }

  private startRaw(depth: number): boolean {
    const { line, text } = this;
    const start = readRawBlockStart(text, line.contentAt, line.end);
    if (!start) return false;
    this.enterBlock(depth);
    const { end, isShown, width } = start;
    this.open = { kind: "raw", spaced: this.takeSpaced(), end, isShown };
    const from = line.contentAt + width;
    this.addRaw(end, from);
    return true;
  }

  private startItem(depth: number, paragraph: Open | undefined): boolean {
    const { line, text } = this;
    const marker = depth < MAX_DEPTH ? readListMarker(text, line.contentAt, line.end) : undefined;
    if (!marker) return false;
    const isEmpty = line.contentAt + marker.width >= line.end;
    // Inside a paragraph a number is mostly the sentence's own ("… in\n1984. That …").
    const list = this.containers.around(depth);
    const continues = list?.kind === "list" && list.type === marker.type;
    if (paragraph && !continues && (isEmpty || (marker.number !== undefined && marker.number !== 1))) return false;
    this.enterItem(depth, marker, continues);
    return true;
  }

  private enterItem(depth: number, { type, number, width }: ListMarker, continues: boolean): void {
    const { line } = this;
    const before = line.indent + width;
    if (continues) this.closeContainers(depth);
    else {
      this.enterBlock(depth);
      const spaced = this.takeSpaced();
      const node: MarkdownNode =
        number === undefined
          ? { kind: "list", spaced }
          : { kind: "list", spaced, start: number, delimiter: type as "." | ")" };
      this.containers.enter("list", node, type);
    }
    line.takeMark(width);
    const space = line.isBlank || line.indent > 4 ? 1 : line.indent;
    line.takeSpace(space);
    const spaced = continues && this.takeSpaced();
    const checked = this.takeTaskBox();
    this.containers.enter("item", { kind: "item", spaced, number, checked }, "", before + space);
  }

  private takeTaskBox(): boolean | undefined {
    const { line } = this;
    const checked = line.indent > 3 ? undefined : readTaskBox(this.text, line.contentAt, line.end);
    if (checked === undefined) return undefined;
    line.takeMark(3);
    line.takeSpace(line.indent);
    return checked;
  }

  /** What is left of the line is text: of the open paragraph or table, or of a new paragraph. */
  private addText(depth: number): void {
    const { open, line } = this;
    // A paragraph also takes lines that lack its containers' marks (lazy continuation).
    if (open?.kind === "paragraph") this.lines.add(line.contentAt, line.end);
    else if (open?.kind === "table" && depth === this.containers.depth) {
      this.row.split(this.text, line.contentAt, line.end);
      this.row.report(false, this.sink, this.inlines);
    } else {
      this.enterBlock(depth);
      this.startParagraph(line.contentAt, line.end);
    }
  }

  private startParagraph(from: number, to: number): void {
    this.open = this.takeSpaced() ? OPEN_SPACED_PARAGRAPH : OPEN_PARAGRAPH;
    this.lines.add(from, to);
  }

  private takeSpaced(): boolean {
    const spaced = this.sawBlank;
    this.sawBlank = false;
    return spaced;
  }

  /** Closes what a new block at this depth ends: deeper containers, a list it is no item of, the open block. */
  private enterBlock(depth: number): void {
    const { containers } = this;
    this.closeContainers(containers.around(depth)?.kind === "list" ? depth - 1 : depth);
    const container = containers.around(containers.depth);
    if (container) container.hasContent = true;
  }

  private closeContainers(depth: number): void {
    if (this.open) this.closeOpen();
    this.containers.leaveTo(depth);
  }

  private closeOpen(): void {
    const { open } = this;
    this.open = undefined;
    if (!open) return;
    if (open.kind === "table") {
      this.sink.leave(open.node);
      return;
    }
    const text = this.lines.text();
    this.lines.clear();
    if (open.kind === "paragraph") this.closeParagraph(open.node, text);
    else if (open.kind === "code") {
      const { spaced, fence, info } = open;
      this.sink.leaf({ type: "code-block", spaced, fence, info, text: fence === "" ? withoutBlankEnd(text) : text });
    } else if (open.isShown && text.trim() !== "") {
      const shown = text.replace(/^\n|\n$/g, "");
      this.sink.leaf({ type: "code-block", spaced: open.spaced, fence: "", info: "", text: shown });
    }
  }

  private closeParagraph(node: MarkdownNode, source: string): void {
    const from = source.charCodeAt(0) === 0x5b ? takeDefinitions(source, this.references) : 0;
    const rest = from === 0 ? source : source.slice(from);
    const content = isWhitespace(rest.charCodeAt(rest.length - 1)) ? rest.trimEnd() : rest;
    if (content !== "") this.report(node, content);
  }

  private report(node: MarkdownNode, source: string): void {
    this.sink.enter(node);
    this.inlines.read(source);
    this.sink.leave(node);
  }
}
