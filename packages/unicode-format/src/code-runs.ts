import { trimmedStart } from "./characters.ts";
import type { UnitText } from "./unit-text.ts";

const BACKTICK = 0x60;
const SPACE = 0x20;
const LF = 0x0a;

/** The end of the run of `code` that starts at `start`. */
export function runEnd(source: UnitText, start: number, code: number): number {
  let end = start + 1;
  while (source.code(end) === code) end++;
  return end;
}

interface Runs {
  readonly starts: number[];
  next: number;
}

/** Finds closing backticks. Runs are listed by length once, so that a thousand unclosed ones cost one walk. */
export class CodeRuns {
  private byLength: Map<number, Runs> | undefined = undefined;

  /** Forgets the runs of the text before. */
  clear(): void {
    this.byLength = undefined;
  }

  /** The start of the first run of exactly `length` backticks at or behind `from`, or -1. `from` never decreases. */
  find(source: UnitText, length: number, from: number): number {
    if (!this.byLength) {
      // Mostly the next run is the one; only when it is not are all listed.
      const start = source.find(BACKTICK, from);
      if (start < 0 || runEnd(source, start, BACKTICK) - start === length) return start;
      this.byLength = listRuns(source, from);
    }
    const runs = this.byLength.get(length);
    if (!runs) return -1;
    while (runs.next < runs.starts.length && runs.starts[runs.next]! < from) runs.next++;
    return runs.starts[runs.next] ?? -1;
  }
}

function listRuns(source: UnitText, from: number): Map<number, Runs> {
  const byLength = new Map<number, Runs>();
  for (let start = source.find(BACKTICK, from); start >= 0; ) {
    const end = runEnd(source, start, BACKTICK);
    const runs = byLength.get(end - start);
    if (runs) runs.starts.push(start);
    else byLength.set(end - start, { starts: [start], next: 0 });
    start = source.find(BACKTICK, end);
  }
  return byLength;
}

/** Whether one space or line break at both ends of a code span is padding, and no part of the code (CommonMark 6.1). */
export function isPadded(source: UnitText, from: number, to: number): boolean {
  return (
    to - from > 2 && isSpace(source.code(from)) && isSpace(source.code(to - 1)) && trimmedStart(source, from, to) < to
  );
}

function isSpace(code: number): boolean {
  return code === SPACE || code === LF;
}
