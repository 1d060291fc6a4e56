import { isSpaceOrTab, trimmedEnd, trimmedStart } from "./characters.ts";
import type { ColumnAlignment, MarkdownNode, MarkdownSink } from "./events.ts";
import type { Inlines } from "./read-inlines.ts";

const PIPE = 0x7c;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const DASH = 0x2d;

const HEADER_ROW: MarkdownNode = { kind: "row", header: true };
const BODY_ROW: MarkdownNode = { kind: "row", header: false };

/** The cells of one row at a time; the array is used again for the next. */
export class TableRow {
  private readonly cells: string[] = [];
  private readonly nodes: MarkdownNode[] = [];
  count = 0;

  /**
   * Takes the row `text.slice(start, end)` apart into trimmed cells. A pipe behind a backslash is part of its cell, also
   * inside code (GFM 4.10).
   */
  split(text: string, start: number, end: number): void {
    const last = trimmedEnd(text, start, end);
    let from = trimmedStart(text, start, last);
    if (text.charCodeAt(from) === PIPE) from++;
    let hasEscape = false;
    this.count = 0;
    for (let at = from; at < last; at++) {
      const code = text.charCodeAt(at);
      if (code === BACKSLASH && text.charCodeAt(at + 1) === PIPE && at + 1 < last) {
        hasEscape = true;
        at++;
      } else if (code === PIPE) {
        this.add(text, from, at, hasEscape);
        from = at + 1;
        hasEscape = false;
      }
    }
    if (trimmedStart(text, from, last) < last) this.add(text, from, last, hasEscape);
  }

  private add(text: string, from: number, to: number, hasEscape: boolean): void {
    const start = trimmedStart(text, from, to);
    const cell = text.slice(start, trimmedEnd(text, start, to));
    this.cells[this.count++] = hasEscape ? cell.replaceAll("\\|", "|") : cell;
  }

  report(isHeader: boolean, sink: MarkdownSink, inlines: Inlines): void {
    const row = isHeader ? HEADER_ROW : BODY_ROW;
    sink.enter(row);
    for (let column = 0; column < this.count; column++) {
      if (column === this.nodes.length) this.nodes.push({ kind: "cell", column });
      const node = this.nodes[column]!;
      sink.enter(node);
      inlines.read(this.cells[column]!);
      sink.leave(node);
    }
    sink.leave(row);
  }

  /** The alignments that the row of dashes sets; undefined when a cell of it has no dashes, or it has no cells. */
  alignments(): ColumnAlignment[] | undefined {
    const alignments: ColumnAlignment[] = [];
    for (let column = 0; column < this.count; column++) {
      const cell = this.cells[column]!;
      const left = cell.charCodeAt(0) === COLON;
      const right = cell.length > 1 && cell.charCodeAt(cell.length - 1) === COLON;
      if (!isDashes(cell, left ? 1 : 0, right ? cell.length - 1 : cell.length)) return undefined;
      alignments.push(left && right ? "center" : left ? "left" : right ? "right" : undefined);
    }
    return alignments.length > 0 ? alignments : undefined;
  }
}

function isDashes(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (text.charCodeAt(at) !== DASH) return false;
  return to > from;
}

/** Whether the line can only be the row of dashes under a table's header: dashes, colons, pipes, and one pipe or colon. */
export function looksLikeDelimiterRow(text: string, start: number, end: number): boolean {
  let marks = 0;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === PIPE || code === COLON) marks++;
    else if (code !== DASH && !isSpaceOrTab(code)) return false;
  }
  return marks > 0;
}
