const BACKTICK = 0x60;
const TILDE = 0x7e;
const SPACE = 0x20;

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

interface Run {
  readonly from: number;
  readonly to: number;
  readonly code: number;
}

/** The run of backticks or tildes that may make the line a fence: three or more, indented by at most three spaces. */
function fenceRun(text: string, lineStart: number, lineEnd: number): Run | undefined {
  let from = lineStart;
  while (from < lineEnd && from - lineStart < 4 && text.charCodeAt(from) === SPACE) from++;
  const code = text.charCodeAt(from);
  if (from - lineStart > 3 || (code !== BACKTICK && code !== TILDE)) return undefined;
  let to = from;
  while (to < lineEnd && text.charCodeAt(to) === code) to++;
  return to - from < 3 ? undefined : { from, to, code };
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
  if (!text.includes("```") && !text.includes("~~~")) return fences;
  let open: Fence | undefined;
  for (let lineStart = 0; lineStart < text.length; ) {
    const newline = text.indexOf("\n", lineStart);
    const lineEnd = newline < 0 ? text.length : newline;
    const run = fenceRun(text, lineStart, lineEnd);
    if (run && open) {
      const closes = open.marker.charCodeAt(0) === run.code && run.to - run.from >= open.marker.length;
      if (closes && isBlank(text, run.to, lineEnd)) {
        open.codeEnd = lineStart;
        open.end = lineEnd;
        open = undefined;
      }
    } else if (run && !(run.code === BACKTICK && contains(text, BACKTICK, run.to, lineEnd))) {
      open = {
        openStart: lineStart,
        openEnd: lineEnd,
        codeStart: lineEnd + 1,
        codeEnd: Number.POSITIVE_INFINITY,
        end: Number.POSITIVE_INFINITY,
        marker: text.slice(run.from, run.to),
      };
      fences.push(open);
    }
    lineStart = lineEnd + 1;
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
  const fence = fences[lastOpenedBy(fences, position)];
  return fence && position >= fence.codeStart && position < fence.end ? fence : undefined;
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
