import { isSpaceOrTab, isTrimmed } from "./characters.ts";
import type { ColumnAlignment } from "./events.ts";

const PIPE = 0x7c;
const BACKSLASH = 0x5c;

function trimmedStart(text: string, from: number, to: number): number {
  let start = from;
  while (start < to && isTrimmed(text.charCodeAt(start))) start++;
  return start;
}

function trimmedEnd(text: string, from: number, to: number): number {
  let end = to;
  while (end > from && isTrimmed(text.charCodeAt(end - 1))) end--;
  return end;
}

/** The cells of the row `text.slice(start, end)`, trimmed. A pipe behind a backslash is part of its cell, also inside code (GFM 4.10). */
export function splitRow(text: string, start: number, end: number): string[] {
  const cells: string[] = [];
  const last = trimmedEnd(text, start, end);
  let from = trimmedStart(text, start, last);
  if (text.charCodeAt(from) === PIPE) from++;
  let hasEscape = false;
  for (let at = from; at < last; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH && text.charCodeAt(at + 1) === PIPE && at + 1 < last) {
      hasEscape = true;
      at++;
    } else if (code === PIPE) {
      cells.push(cellText(text, from, at, hasEscape));
      from = at + 1;
      hasEscape = false;
    }
  }
  if (trimmedStart(text, from, last) < last) cells.push(cellText(text, from, last, hasEscape));
  return cells;
}

function cellText(text: string, from: number, to: number, hasEscape: boolean): string {
  const start = trimmedStart(text, from, to);
  const cell = text.slice(start, trimmedEnd(text, start, to));
  return hasEscape ? cell.replaceAll("\\|", "|") : cell;
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
export function readAlignments(text: string, start: number, end: number): ColumnAlignment[] | undefined {
  const alignments: ColumnAlignment[] = [];
  for (const cell of splitRow(text, start, end)) {
    if (!/^:?-+:?$/.test(cell)) return undefined;
    const left = cell.startsWith(":");
    const right = cell.endsWith(":");
    alignments.push(left && right ? "center" : left ? "left" : right ? "right" : undefined);
  }
  return alignments.length > 0 ? alignments : undefined;
}
