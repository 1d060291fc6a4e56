import { isSpaceOrTab, trimmedEnd, trimmedStart } from "./characters.ts";
import type { ColumnAlignment } from "./events.ts";
import { NumberTable } from "./number-table.ts";
import type { Inlines } from "./read-inlines.ts";
import type { MarkdownSink } from "./sink.ts";
import { UnitText } from "./unit-text.ts";

const PIPE = 0x7c;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const DASH = 0x2d;

/** The columns of a cell: its range of the source, and whether it holds an escaped pipe. */
const FROM = 0;
const TO = 1;
const HAS_ESCAPE = 2;
const COLUMNS = 3;

/** The cells of one row at a time; their memory is used again for the next. */
export class TableRow {
  private readonly source: UnitText;
  private readonly cells = new NumberTable(COLUMNS);
  /** The text of a cell that does not stand in the source like this. */
  private readonly unescaped = new UnitText();

  constructor(source: UnitText) {
    this.source = source;
  }

  get count(): number {
    return this.cells.count;
  }

  /**
   * Takes the row `source.slice(start, end)` apart into trimmed cells. A pipe behind a backslash is part of its cell, also
   * inside code (GFM 4.10).
   */
  split(start: number, end: number): void {
    const { source } = this;
    const { units } = source;
    const last = trimmedEnd(source, start, end);
    let from = trimmedStart(source, start, last);
    if (from < last && units[from] === PIPE) from++;
    let hasEscape = false;
    this.cells.count = 0;
    for (let at = from; at < last; at++) {
      const code = units[at]!;
      if (code === BACKSLASH && at + 1 < last && units[at + 1] === PIPE) {
        hasEscape = true;
        at++;
      } else if (code === PIPE) {
        this.add(from, at, hasEscape);
        from = at + 1;
        hasEscape = false;
      }
    }
    if (trimmedStart(source, from, last) < last) this.add(from, last, hasEscape);
  }

  private add(from: number, to: number, hasEscape: boolean): void {
    const { source, cells } = this;
    const start = trimmedStart(source, from, to);
    cells.addThree(start, trimmedEnd(source, start, to), hasEscape ? 1 : 0);
  }

  /** What stands before `plainEnd` is known to be mere text. */
  report(isHeader: boolean, plainEnd: number, sink: MarkdownSink, inlines: Inlines): void {
    const { count, source } = this;
    sink.row(isHeader);
    for (let column = 0; column < count; column++) {
      sink.cell(column);
      this.read(column, plainEnd, inlines);
      sink.leave("cell");
    }
    sink.leave("row");
    source.readAll();
  }

  private read(column: number, plainEnd: number, inlines: Inlines): void {
    const { source, cells, unescaped } = this;
    const from = cells.get(column, FROM);
    const to = cells.get(column, TO);
    if (cells.get(column, HAS_ESCAPE) === 0) inlines.read(source, from, to, plainEnd);
    else {
      unescaped.load(source.slice(from, to).replaceAll("\\|", "|"));
      inlines.read(unescaped, 0, unescaped.end, 0);
    }
  }

  /** The alignments that the row of dashes sets; undefined when a cell of it has no dashes, or it has no cells. */
  alignments(): ColumnAlignment[] | undefined {
    const { source, cells, count } = this;
    const alignments: ColumnAlignment[] = [];
    for (let column = 0; column < count; column++) {
      const from = cells.get(column, FROM);
      const to = cells.get(column, TO);
      const left = from < to && source.code(from) === COLON;
      const right = to - from > 1 && source.code(to - 1) === COLON;
      if (!isDashes(source, left ? from + 1 : from, right ? to - 1 : to)) return undefined;
      alignments.push(left && right ? "center" : left ? "left" : right ? "right" : undefined);
    }
    return alignments.length > 0 ? alignments : undefined;
  }
}

function isDashes(text: UnitText, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (text.code(at) !== DASH) return false;
  return to > from;
}

/** Whether the line can only be the row of dashes under a table's header: dashes, colons, pipes, and one pipe or colon. */
export function looksLikeDelimiterRow(text: UnitText, start: number, end: number): boolean {
  let marks = 0;
  for (let at = start; at < end; at++) {
    const code = text.code(at);
    if (code === PIPE || code === COLON) marks++;
    else if (code !== DASH && !isSpaceOrTab(code)) return false;
  }
  return marks > 0;
}
