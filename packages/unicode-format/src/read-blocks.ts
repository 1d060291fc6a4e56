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
import type { Block, Container, Open } from "./block-types.ts";
import { isWhitespace } from "./characters.ts";
import type { MarkdownNode } from "./events.ts";
import { LineCursor } from "./line-cursor.ts";
import { type LinkTarget, takeDefinitions } from "./links.ts";
import { looksLikeDelimiterRow, readAlignments, splitRow } from "./table-rows.ts";

/**
 * Containers nest no deeper: each line is matched against all that are open, and no phone shows more. Deeper quotes
 * join the deepest one, deeper list markers are text.
 */
const MAX_DEPTH = 64;

export class BlockReader {
  readonly references = new Map<string, LinkTarget>();
  private readonly containers: Container[] = [];
  private readonly line: LineCursor;
  private readonly text: string;
  private open: Open | undefined;
  private sawBlank = false;
  private readonly onBlock: (block: Block) => void;

  constructor(text: string, onBlock: (block: Block) => void) {
    this.text = text;
    this.onBlock = onBlock;
    this.line = new LineCursor(text);
  }

  read(): void {
    const { text } = this;
    for (let start = 0, end = 0; start < text.length; start = end + 1) {
      end = text.indexOf("\n", start);
      if (end < 0) end = text.length;
      this.line.moveTo(start, end);
      this.readLine();
    }
    this.closeContainers(0);
  }

  private readLine(): void {
    const matched = this.matchContainers();
    const isInside = matched === this.containers.length;
    if (isInside && this.addVerbatim()) return;
    if (this.line.isBlank) this.readBlank(matched);
    else {
      this.startBlocks(matched, isInside);
      this.sawBlank = false;
    }
  }

  /** How many of the open containers the line belongs to; their marks are taken off it. */
  private matchContainers(): number {
    const { line, containers } = this;
    let matched = 0;
    for (; matched < containers.length; matched++) {
      const container = containers[matched]!;
      if (container.kind === "quote") {
        if (!this.takeQuoteMark()) break;
      } else if (container.kind === "item") {
        if (line.isBlank) {
          if (!container.hasContent && !this.open) break;
        } else if (line.indent < container.indent) break;
        line.takeSpace(container.indent);
      }
    }
    // A list goes on only with an item, which the line may still start.
    return matched;
  }

  private takeQuoteMark(): boolean {
    const { line } = this;
    if (line.code !== 0x3e || line.indent > 3) return false;
    line.takeMark(1);
    line.takeSpace(1);
    return true;
  }

  /** Adds the line to an open block that takes lines as they are. */
  private addVerbatim(): boolean {
    const { open, line } = this;
    if (open?.kind === "fence") {
      if (line.indent <= 3 && closesFence(open.fence, this.text, line.contentAt, line.end)) this.closeOpen();
      else {
        line.takeSpace(Math.min(open.indent, line.indent));
        open.lines.push(line.rest());
      }
      return true;
    }
    if (open?.kind === "raw") {
      this.addRaw(open, line.rest());
      return true;
    }
    if (open?.kind === "indented" && (line.isBlank || line.indent >= 4)) {
      line.takeSpace(4);
      if (line.isBlank) open.blanks.push(line.rest());
      else {
        for (const blank of open.blanks) open.lines.push(blank);
        open.blanks.length = 0;
        open.lines.push(line.rest());
      }
      return true;
    }
    return false;
  }

  private addRaw(open: Extract<Open, { kind: "raw" }>, text: string): void {
    const end = text.toLowerCase().indexOf(open.end);
    open.lines.push(end < 0 ? text : text.slice(0, end));
    if (end < 0) return;
    this.closeOpen();
    const behind = text.slice(end + open.end.length).trim();
    if (behind !== "") this.startParagraph(behind);
  }

  private readBlank(matched: number): void {
    // A quote ends at a line without its mark; an item that is still empty at the second line.
    if (matched < this.containers.length) this.closeContainers(matched);
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
        this.open = { kind: "indented", spaced: this.takeSpaced(), lines: [], blanks: [] };
        this.addVerbatim();
        return;
      }
      if (line.indent > 3 || !mayStartBlock(line.code)) break;
      if (line.code === 0x3e) this.startQuote(depth);
      else if (isInside && paragraph && this.endParagraphAs(paragraph)) return;
      else if (this.startLeaf(depth)) return;
      else if (!this.startItem(depth, isInside ? paragraph : undefined)) break;
      depth = this.containers.length;
      isInside = true;
      if (line.isBlank) return;
    }
    this.addText(depth);
  }

  private startQuote(depth: number): void {
    if (depth < MAX_DEPTH) {
      this.enterBlock(depth);
      this.enterContainer({ kind: "quote", node: { kind: "quote", spaced: this.takeSpaced() }, hasContent: false });
    }
    this.takeQuoteMark();
  }

  /** A line under a paragraph that makes it a heading or a table. */
  private endParagraphAs(paragraph: Extract<Open, { kind: "paragraph" }>): boolean {
    const { line, text } = this;
    const { code } = line;
    if (code !== 0x3d && code !== 0x2d && code !== 0x3a && code !== 0x7c) return false;
    const level = code === 0x3d || code === 0x2d ? readSetextUnderline(text, line.contentAt, line.end) : undefined;
    if (level) {
      const lines = paragraph.before + paragraph.lastLine;
      const source = lines.slice(takeDefinitions(lines, this.references)).trim();
      if (source === "") return false;
      this.open = undefined;
      this.onBlock({ type: "inlines", node: { kind: "heading", spaced: paragraph.spaced, level }, source });
      return true;
    }
    if (code === 0x3d || !looksLikeDelimiterRow(text, line.contentAt, line.end)) return false;
    const header = splitRow(paragraph.lastLine, 0, paragraph.lastLine.length);
    const columns = readAlignments(text, line.contentAt, line.end);
    if (columns?.length !== header.length) return false;
    const isFirst = paragraph.before === "";
    paragraph.lastLine = "";
    this.closeOpen();
    this.open = { kind: "table", spaced: isFirst && paragraph.spaced, columns, rows: [header] };
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
        const node = { kind: "heading", spaced: this.takeSpaced(), level: heading.level } as const;
        this.onBlock({ type: "inlines", node, source: heading.text });
        return true;
      }
      case 0x2a:
      case 0x2d:
      case 0x5f:
        if (!isRule(text, contentAt, end)) return false;
        this.enterBlock(depth);
        this.onBlock({ type: "rule", spaced: this.takeSpaced() });
        return true;
      case 0x60:
      case 0x7e: {
        const start = readFenceStart(text, contentAt, end);
        if (!start) return false;
        this.enterBlock(depth);
        this.open = { kind: "fence", spaced: this.takeSpaced(), ...start, indent: line.indent, lines: [] };
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
    this.open = { kind: "raw", spaced: this.takeSpaced(), end: start.end, isShown: start.isShown, lines: [] };
    const rest = text.slice(line.contentAt + start.width, line.end);
    this.addRaw(this.open, start.end === "</pre>" ? rest.replace(/^[^>]*>/, "") : rest);
    return true;
  }

  private startItem(depth: number, paragraph: Open | undefined): boolean {
    const { line, text } = this;
    const marker = depth < MAX_DEPTH ? readListMarker(text, line.contentAt, line.end) : undefined;
    if (!marker) return false;
    const isEmpty = line.contentAt + marker.width >= line.end;
    // Inside a paragraph a number is mostly the sentence's own ("… in\n1984. That …").
    const list = this.containers[depth - 1];
    const continues = list?.kind === "list" && list.type === marker.type;
    if (paragraph && !continues && (isEmpty || (marker.number !== undefined && marker.number !== 1))) return false;
    this.enterItem(depth, marker, continues);
    return true;
  }

  private enterItem(depth: number, marker: ListMarker, continues: boolean): void {
    const { line } = this;
    const before = line.indent + marker.width;
    if (continues) this.closeContainers(depth);
    else {
      this.enterBlock(depth);
      const spaced = this.takeSpaced();
      const { number, type } = marker;
      const node: MarkdownNode =
        number === undefined
          ? { kind: "list", spaced }
          : { kind: "list", spaced, start: number, delimiter: type as "." | ")" };
      this.enterContainer({ kind: "list", node, type, hasContent: true });
    }
    line.takeMark(marker.width);
    const space = line.isBlank || line.indent > 4 ? 1 : line.indent;
    line.takeSpace(space);
    const spaced = continues && this.takeSpaced();
    const { number } = marker;
    const checked = this.takeTaskBox();
    const node: MarkdownNode = { kind: "item", spaced, number, checked };
    this.enterContainer({ kind: "item", node, indent: before + space, hasContent: false });
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
    if (open?.kind === "paragraph") {
      // A paragraph also takes lines that lack its containers' marks (lazy continuation).
      open.before += `${open.lastLine}\n`;
      open.lastLine = line.content();
    } else if (open?.kind === "table" && depth === this.containers.length) {
      open.rows.push(splitRow(this.text, line.contentAt, line.end));
    } else {
      this.enterBlock(depth);
      this.startParagraph(line.content());
    }
  }

  private startParagraph(source: string): void {
    this.open = { kind: "paragraph", spaced: this.takeSpaced(), before: "", lastLine: source };
  }

  private takeSpaced(): boolean {
    const spaced = this.sawBlank;
    this.sawBlank = false;
    return spaced;
  }

  /** Closes what a new block at this depth ends: deeper containers, a list it is no item of, the open block. */
  private enterBlock(depth: number): void {
    const parent = this.containers[depth - 1];
    this.closeContainers(parent?.kind === "list" ? depth - 1 : depth);
    const container = this.containers[this.containers.length - 1];
    if (container) container.hasContent = true;
  }

  private enterContainer(container: Container): void {
    this.containers.push(container);
    this.onBlock({ type: "enter", node: container.node });
  }

  private closeContainers(depth: number): void {
    this.closeOpen();
    while (this.containers.length > depth) this.onBlock({ type: "leave", node: this.containers.pop()!.node });
  }

  private closeOpen(): void {
    const { open } = this;
    this.open = undefined;
    if (!open) return;
    const { spaced } = open;
    if (open.kind === "paragraph") this.closeParagraph(open.before + open.lastLine, spaced);
    else if (open.kind === "table")
      this.onBlock({ type: "table", node: { kind: "table", spaced, columns: open.columns }, rows: open.rows });
    else if (open.kind !== "raw" || (open.isShown && open.lines.some((text) => text.trim() !== ""))) {
      const { fence, info } = open.kind === "fence" ? open : { fence: "", info: "" };
      const text = open.kind === "raw" ? open.lines.join("\n").replace(/^\n|\n$/g, "") : open.lines.join("\n");
      this.onBlock({ type: "code-block", spaced, fence, info, text });
    }
  }

  private closeParagraph(source: string, spaced: boolean): void {
    const from = source.charCodeAt(0) === 0x5b ? takeDefinitions(source, this.references) : 0;
    const rest = from === 0 ? source : source.slice(from);
    const content = isWhitespace(rest.charCodeAt(rest.length - 1)) ? rest.trimEnd() : rest;
    if (content !== "") this.onBlock({ type: "inlines", node: { kind: "paragraph", spaced }, source: content });
  }
}
