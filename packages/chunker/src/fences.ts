const BACKTICK = 0x60;
const SPACE = 0x20;
const LF = 0x0a;

/** A fenced code block, as UTF-16 indices into the text. */
export interface Fence {
  /** Where the line of the opening fence starts, and where it ends (before the line break). */
  readonly openStart: number;
  readonly openEnd: number;
  /** The first character of the code. */
  readonly codeStart: number;
  /** Where the line of the closing fence starts, and where it ends; Infinity for a block that is never closed. */
  codeEnd: number;
  end: number;
  /** The fence itself: three or more backticks or tildes. */
  readonly marker: string;
}

/** A run of backticks or tildes that may be a fence, and the line it stands in. */
interface Run {
  readonly from: number;
  readonly to: number;
  readonly code: number;
  readonly lineStart: number;
}

function runEnd(text: string, from: number): number {
  const code = text.charCodeAt(from);
  let to = from + 1;
  while (text.charCodeAt(to) === code) to++;
  return to;
}

/** The start of the line whose first mark stands at `index`, behind at most three spaces; -1 when more precedes it. */
function indentedLineStart(text: string, index: number): number {
  let start = index;
  while (start > 0 && index - start < 3 && text.charCodeAt(start - 1) === SPACE) start--;
  return start === 0 || text.charCodeAt(start - 1) === LF ? start : -1;
}

/** Walks the runs that may be fences, in order: three or more marks at the start of a line. */
class RunFinder {
  private readonly text: string;
  private backticks = -1;
  private tildes = -1;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  next(): Run | undefined {
    const { text } = this;
    for (;;) {
      if (this.backticks < this.at) this.backticks = this.find("```");
      if (this.tildes < this.at) this.tildes = this.find("~~~");
      const from = Math.min(this.backticks, this.tildes);
      if (from >= text.length) return undefined;
      const to = runEnd(text, from);
      this.at = to;
      const lineStart = indentedLineStart(text, from);
      if (lineStart >= 0) return { from, to, code: text.charCodeAt(from), lineStart };
    }
  }

  private find(marks: string): number {
    const index = this.text.indexOf(marks, this.at);
    return index < 0 ? this.text.length : index;
  }
}

function isBlank(text: string, from: number, to: number): boolean {
  for (let index = from; index < to; index++) {
    const code = text.charCodeAt(index);
    if (code !== SPACE && code !== 0x09 && code !== 0x0d) return false;
  }
  return true;
}

function contains(text: string, code: number, from: number, to: number): boolean {
  for (let index = from; index < to; index++) if (text.charCodeAt(index) === code) return true;
  return false;
}

/** All fenced code blocks of a text, in order, by CommonMark's rules (section 4.5). */
export function findFences(text: string): Fence[] {
  const fences: Fence[] = [];
  const runs = new RunFinder(text);
  let open: Fence | undefined;
  for (let run = runs.next(); run; run = runs.next()) {
    const newline = text.indexOf("\n", run.to);
    const lineEnd = newline < 0 ? text.length : newline;
    if (open) {
      const closes = open.marker.charCodeAt(0) === run.code && run.to - run.from >= open.marker.length;
      if (closes && isBlank(text, run.to, lineEnd)) {
        open.codeEnd = run.lineStart;
        open.end = lineEnd;
        open = undefined;
      }
    } else if (run.code !== BACKTICK || !contains(text, BACKTICK, run.to, lineEnd)) {
      open = {
        openStart: run.lineStart,
        openEnd: lineEnd,
        codeStart: lineEnd + 1,
        codeEnd: Number.POSITIVE_INFINITY,
        end: Number.POSITIVE_INFINITY,
        marker: text.slice(run.from, run.to),
      };
      fences.push(open);
    }
  }
  return fences;
}

/** The index of the last fence that opens at or before `position`; -1 for none. */
function lastOpenedBy(fences: readonly Fence[], position: number): number {
  let low = 0;
  let high = fences.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fences[middle]!.openStart <= position) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The fence whose code a cut at `position` would tear. */
export function fenceAt(fences: readonly Fence[], position: number): Fence | undefined {
  const index = lastOpenedBy(fences, position);
  const fence = index < 0 ? undefined : fences[index];
  return fence && position >= fence.codeStart && position < fence.end ? fence : undefined;
}

/** The fence whose opening line a cut at `position` would tear: its marks would be left behind without their code. */
export function openingAt(fences: readonly Fence[], position: number): Fence | undefined {
  const index = lastOpenedBy(fences, position - 1);
  const fence = index < 0 ? undefined : fences[index];
  return fence && position < fence.codeStart ? fence : undefined;
}

/** Whether a cut at `position` leaves an empty code block: just behind an opening fence, or just before a closing one. */
export function leavesEmptyBlock(fences: readonly Fence[], position: number): boolean {
  const fence = fenceAt(fences, position);
  return fence !== undefined && (position === fence.codeStart || position === fence.codeEnd);
}

/** The length of the longest marker among the fences that touch `from`…`to`. */
export function longestMarker(fences: readonly Fence[], from: number, to: number): number {
  let longest = 0;
  for (let index = Math.max(0, lastOpenedBy(fences, from)); index < fences.length; index++) {
    const fence = fences[index]!;
    if (fence.openStart > to) break;
    longest = Math.max(longest, fence.marker.length);
  }
  return longest;
}
