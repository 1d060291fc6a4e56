import {
  isRule,
  type ListMarker,
  mayStartBlock,
  readAtxHeading,
  readFenceStart,
  readListMarker,
  readRawBlockStart,
  readTaskBox,
} from "./block-starts.ts";
import { Containers, takeQuoteMark } from "./containers.ts";
import { LeafBlock } from "./leaf-block.ts";
import { LineCursor } from "./line-cursor.ts";
import type { References } from "./links.ts";
import type { Inlines } from "./read-inlines.ts";
import { sectionEnd } from "./sections.ts";
import type { MarkdownSink } from "./sink.ts";
import { UnitText } from "./unit-text.ts";

/**
 * Containers nest no deeper: each line is matched against all that are open, and no phone shows more. Deeper quotes
 * join the deepest one, deeper list markers are text.
 */
const MAX_DEPTH = 64;

const QUOTE_MARK = 0x3e;

/** Reads the blocks of a document, line by line. */
export class BlockReader {
  private readonly containers: Containers;
  private readonly line: LineCursor;
  private readonly text: string;
  /** The section that is being read. */
  private readonly source = new UnitText();
  private readonly sink: MarkdownSink;
  private readonly block: LeafBlock;
  private sawBlank = false;

  constructor(text: string, sink: MarkdownSink, inlines: Inlines) {
    this.text = text;
    this.sink = sink;
    this.line = new LineCursor(this.source);
    this.containers = new Containers(this.line, sink);
    this.block = new LeafBlock(this.source, this.line, sink, inlines);
  }

  /** The link references that were defined. */
  get references(): References {
    return this.block.references;
  }

  read(): void {
    for (let from = 0; from < this.text.length; ) from = this.readSection(from);
    this.closeContainers(0);
  }

  /** Reads the section that starts at `from`, and on while a paragraph of it is open; returns its end. */
  private readSection(from: number): number {
    const { text, source } = this;
    let read = 0;
    for (;;) {
      const end = sectionEnd(text, from, read);
      source.load(end - from === text.length ? text : text.slice(from, end));
      read = this.readLines(read);
      if (end === text.length || this.block.letGo()) return end;
    }
  }

  /** Reads the source's lines from `from` on, and returns where they end. */
  private readLines(from: number): number {
    const { source, line } = this;
    const { length } = source.text;
    for (let start = from, end = 0; start < length; start = end + 1) {
      end = source.lineEnd(start);
      line.moveTo(start, end);
      this.readLine();
    }
    return length;
  }

  private readLine(): void {
    const { block, containers } = this;
    const matched = containers.match(block.kind !== "none");
    const isInside = matched === containers.depth;
    if (isInside && block.addVerbatim()) return;
    if (this.line.isBlank) this.readBlank(matched);
    else {
      this.startBlocks(matched, isInside);
      this.sawBlank = false;
    }
  }

  private readBlank(matched: number): void {
    // A quote ends at a line without its mark; an item that is still empty at the second line.
    if (matched < this.containers.depth) this.closeContainers(matched);
    else this.block.close();
    this.sawBlank = true;
  }

  /** Opens what the line starts, and adds what is left of it. */
  private startBlocks(matched: number, wasInside: boolean): void {
    const { line, block } = this;
    let depth = matched;
    let isInside = wasInside;
    for (;;) {
      const isInParagraph = block.kind === "paragraph";
      if (line.indent > 3 && !isInParagraph) {
        this.enterBlock(depth);
        block.startCode(this.takeSpaced(), "", "", 0);
        block.addVerbatim();
        return;
      }
      if (line.indent > 3 || !mayStartBlock(line.code)) break;
      if (line.code === QUOTE_MARK) this.startQuote(depth);
      else if (isInside && isInParagraph && block.endParagraph()) return;
      else if (this.startLeaf(depth)) return;
      else if (!this.startItem(depth, isInside && isInParagraph)) break;
      depth = this.containers.depth;
      isInside = true;
      if (line.isBlank) return;
    }
    this.addText(depth);
  }

  private startQuote(depth: number): void {
    if (depth < MAX_DEPTH) {
      this.enterBlock(depth);
      this.containers.enterQuote(this.takeSpaced());
    }
    takeQuoteMark(this.line);
  }

  /** A heading, rule, code block or raw block that starts here. */
  private startLeaf(depth: number): boolean {
    switch (this.line.code) {
      case 0x23:
        return this.startHeading(depth);
      case 0x2a:
      case 0x2d:
      case 0x5f:
        return this.startRule(depth);
      case 0x60:
      case 0x7e:
        return this.startFence(depth);
      case 0x3c:
        return this.startRaw(depth);
      default:
        return false;
    }
  }

  private startHeading(depth: number): boolean {
    const heading = readAtxHeading(this.source, this.line.contentAt, this.line.end);
    if (!heading) return false;
    this.enterBlock(depth);
    this.block.addHeading(this.takeSpaced(), heading.level, heading.from, heading.to);
    return true;
  }

  private startRule(depth: number): boolean {
    if (!isRule(this.source, this.line.contentAt, this.line.end)) return false;
    this.enterBlock(depth);
    this.sink.rule(this.takeSpaced());
    return true;
  }

  private startFence(depth: number): boolean {
    const start = readFenceStart(this.source, this.line.contentAt, this.line.end);
    if (!start) return false;
    this.enterBlock(depth);
    this.block.startCode(this.takeSpaced(), start.fence, start.info, this.line.indent);
    return true;
  }

  private startRaw(depth: number): boolean {
    const start = readRawBlockStart(this.source, this.line.contentAt, this.line.end);
    if (!start) return false;
    this.enterBlock(depth);
    this.block.startRaw(this.takeSpaced(), start);
    return true;
  }

  private startItem(depth: number, isInParagraph: boolean): boolean {
    const { line } = this;
    const marker = depth < MAX_DEPTH ? readListMarker(this.source, line.contentAt, line.end) : undefined;
    if (!marker) return false;
    const isEmpty = line.contentAt + marker.width >= line.end;
    // Inside a paragraph a number is mostly the sentence's own ("… in\n1984. That …").
    const list = this.containers.around(depth);
    const continues = list?.kind === "list" && list.mark === marker.mark;
    if (isInParagraph && !continues && (isEmpty || (marker.number !== undefined && marker.number !== 1))) return false;
    this.enterItem(depth, marker, continues);
    return true;
  }

  private enterItem(depth: number, { mark, number, width }: ListMarker, continues: boolean): void {
    const { line, containers } = this;
    const before = line.indent + width;
    if (continues) this.closeContainers(depth);
    else {
      this.enterBlock(depth);
      containers.enterList(this.takeSpaced(), mark, number);
    }
    line.takeMark(width);
    const space = line.isBlank || line.indent > 4 ? 1 : line.indent;
    line.takeSpace(space);
    const spaced = continues && this.takeSpaced();
    containers.enterItem(spaced, number, this.takeTaskBox(), before + space);
  }

  private takeTaskBox(): boolean | undefined {
    const { line } = this;
    const checked = line.indent > 3 ? undefined : readTaskBox(this.source, line.contentAt, line.end);
    if (checked === undefined) return undefined;
    line.takeMark(3);
    line.takeSpace(line.indent);
    return checked;
  }

  /** What is left of the line is text: of the open paragraph or table, or of a new paragraph. */
  private addText(depth: number): void {
    const { block, line } = this;
    // A paragraph also takes lines that lack its containers' marks (lazy continuation).
    if (block.kind === "paragraph") block.addText();
    else if (block.kind === "table" && depth === this.containers.depth) block.addRow();
    else {
      this.enterBlock(depth);
      block.startParagraph(this.takeSpaced(), line.contentAt, line.end);
    }
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
    this.block.close();
    this.containers.leaveTo(depth);
  }
}
