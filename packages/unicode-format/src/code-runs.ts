const BACKTICK = 0x60;
const SPACE = 0x20;

/** The end of the run of `code` that starts at `start`. */
export function runEnd(source: string, start: number, code: number): number {
  let end = start + 1;
  while (source.charCodeAt(end) === code) end++;
  return end;
}

/** Finds closing backticks. Runs are listed by length once, so that a thousand unclosed ones cost one walk. */
export class CodeRuns {
  private source = "";
  private byLength: Map<number, { readonly starts: number[]; next: number }> | undefined;

  start(source: string): void {
    this.source = source;
    this.byLength = undefined;
  }

  /** The start of the first run of exactly `length` backticks at or behind `from`, or -1. `from` never decreases. */
  find(length: number, from: number): number {
    if (!this.byLength) {
      // Mostly the next run is the one; only when it is not are all listed.
      const start = this.source.indexOf("`", from);
      if (start < 0 || runEnd(this.source, start, BACKTICK) - start === length) return start;
      this.byLength = this.list(from);
    }
    const runs = this.byLength.get(length);
    if (!runs) return -1;
    while (runs.next < runs.starts.length && runs.starts[runs.next]! < from) runs.next++;
    return runs.starts[runs.next] ?? -1;
  }

  private list(from: number): Map<number, { readonly starts: number[]; next: number }> {
    const byLength = new Map<number, { readonly starts: number[]; next: number }>();
    for (let start = this.source.indexOf("`", from); start >= 0; ) {
      const end = runEnd(this.source, start, BACKTICK);
      const runs = byLength.get(end - start);
      if (runs) runs.starts.push(start);
      else byLength.set(end - start, { starts: [start], next: 0 });
      start = this.source.indexOf("`", end);
    }
    return byLength;
  }
}

/** A code span's text: line breaks are spaces, and one space at both ends is padding (CommonMark 6.1). */
export function codeText(content: string): string {
  const line = content.includes("\n") ? content.replaceAll("\n", " ") : content;
  const isPadded = line.length > 2 && line.charCodeAt(0) === SPACE && line.charCodeAt(line.length - 1) === SPACE;
  return isPadded && line.trim() !== "" ? line.slice(1, -1) : line;
}
