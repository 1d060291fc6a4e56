import { isSpaceOrTab } from "./characters.ts";
import type { ColumnAlignment } from "./events.ts";

const PIPE = 0x7c;
const BACKSLASH = 0x5c;

/** The cells of a row, trimmed. A pipe behind a backslash is part of its cell, also inside code (GFM 4.10). */
export function splitRow(row: string): string[] {
  const cells: string[] = [];
  let from = row.charCodeAt(0) === PIPE ? 1 : 0;
  let hasEscape = false;
  function add(to: number): void {
    const cell = row.slice(from, to).trim();
    cells.push(hasEscape ? cell.replaceAll("\\|", "|") : cell);
    hasEscape = false;
  }
  for (let at = from; at < row.length; at++) {
    const code = row.charCodeAt(at);
    if (code === BACKSLASH && row.charCodeAt(at + 1) === PIPE) {
      hasEscape = true;
      at++;
    } else if (code === PIPE) {
      add(at);
      from = at + 1;
    }
  }
  if (row.slice(from).trim() !== "") add(row.length);
  return cells;
}

/** Whether the line can only be the row of dashes under a table's header: dashes, colons, pipes, and one pipe or colon. */
export function looksLikeDelimiterRow(text: string, start: number, end: number): boolean {
  let marks = 0;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === PIPE || code === 0x3a) marks++;
    else if (code !== 0x2d && !isSpaceOrTab(code)) return false;
  }
  return marks > 0;
}

/** The alignments that a delimiter row sets; undefined when a cell of it has no dashes. */
export function readAlignments(row: string): ColumnAlignment[] | undefined {
  const alignments: ColumnAlignment[] = [];
  for (const cell of splitRow(row)) {
    if (!/^:?-+:?$/.test(cell)) return undefined;
    const left = cell.startsWith(":");
    const right = cell.endsWith(":");
    alignments.push(left && right ? "center" : left ? "left" : right ? "right" : undefined);
  }
  return alignments.length > 0 ? alignments : undefined;
}
