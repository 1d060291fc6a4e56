import { findCut } from "./boundaries.ts";
import { type Fence, fenceAt, findFences, leavesEmptyBlock, longestMarker, openingAt } from "./fences.ts";
import { measureOf, type TextLimit, type Unit } from "./measure.ts";

/** What `chunkText` and `chunkRanges` take: one limit, and how to use it. */
export type ChunkOptions = TextLimit & {
  /**
   * Room kept free in the piece with this index (from 0), in the limit's unit, for what the caller adds to it: a page
   * number, or a note in the last message that a quota allows. Default 0.
   */
  readonly reserve?: number | ((index: number) => number);
  /** Close a Markdown code fence at a cut and open it again behind it, within the limit. Default true. */
  readonly fences?: boolean;
};

/** One piece, as a range of UTF-16 indices into the text. Ranges follow each other without gap or overlap. */
export interface Chunk {
  readonly start: number;
  readonly end: number;
  /** Stands before the range: the fence that was closed at the end of the piece before. Mostly empty. */
  readonly opening: string;
  /** Stands behind the range: closes the fence that the cut tore. Mostly empty. */
  readonly closing: string;
}

interface Job {
  readonly text: string;
  readonly unit: Unit;
  readonly fences: readonly Fence[];
  /** The room of the piece with this index. */
  readonly room: (index: number) => number;
  readonly isPoor: (index: number) => boolean;
}

function createJob(text: string, options: ChunkOptions): Job {
  const { unit, max } = measureOf(options);
  const { reserve = 0 } = options;
  const fences = options.fences === false ? [] : findFences(text);

  function room(index: number): number {
    const kept = typeof reserve === "function" ? reserve(index) : reserve;
    const left = max - kept;
    if (!Number.isSafeInteger(kept) || kept < 0 || left < unit.largest) {
      throw new RangeError(
        `reserve for piece ${index} is ${kept}; it must be a whole number that leaves at least ${unit.largest} of ${max}`,
      );
    }
    return left;
  }

  return {
    text,
    unit,
    fences,
    room,
    isPoor: fences.length === 0 ? () => false : (index) => leavesEmptyBlock(fences, index),
  };
}

/** The line that opens a torn fence again: as it was, or without its info string when that would fill the piece. */
function reopening({ text, unit }: Job, fence: Fence, room: number): string | undefined {
  const affordable = (room >> 1) - fence.marker.length - 2;
  const length = fence.openEnd - fence.openStart;
  if (length <= affordable) {
    const line = text.slice(fence.openStart, fence.openEnd).trimEnd();
    if (unit.length(line, 0, line.length) <= affordable) return `${line}\n`;
  }
  return fence.marker.length <= affordable ? `${fence.marker}\n` : undefined;
}

/** The best cut in `start`…`end`, which leaves no opening fence without its code unless the piece starts with it. */
function cutWithin({ text, fences, isPoor }: Job, start: number, end: number): number {
  const cut = findCut(text, start, end, isPoor);
  const fence = openingAt(fences, cut);
  return fence && fence.openStart > start ? fence.openStart : cut;
}

/** The piece that starts at `start`, and the opening of the one behind it. */
function nextChunk(job: Job, index: number, start: number, opening: string): { chunk: Chunk; reopened: string } {
  const { text, unit, fences } = job;
  const room = job.room(index) - unit.length(opening, 0, opening.length);
  const end = unit.reach(text, start, room);
  if (end >= text.length) return { chunk: { start, end: text.length, opening, closing: "" }, reopened: "" };

  const cut = cutWithin(job, start, end);
  const plain = { chunk: { start, end: cut, opening, closing: "" }, reopened: "" };
  if (!fenceAt(fences, cut)) return plain;

  const closingRoom = longestMarker(fences, start, end) + 1;
  if (closingRoom > room >> 1) return plain;
  const closedCut = cutWithin(job, start, unit.reach(text, start, room - closingRoom));
  const torn = fenceAt(fences, closedCut);
  const reopened = torn ? reopening(job, torn, job.room(index + 1)) : undefined;
  if (!torn || reopened === undefined)
    return torn ? plain : { chunk: { ...plain.chunk, end: closedCut }, reopened: "" };
  const closing = text.charCodeAt(closedCut - 1) === 0x0a ? torn.marker : `\n${torn.marker}`;
  return { chunk: { start, end: closedCut, opening, closing }, reopened };
}

/**
 * Splits like `chunkText` and says where: for callers that must know which part of the text a piece holds.
 *
 * @throws RangeError as `chunkText`.
 */
export function chunkRanges(text: string, options: ChunkOptions): Chunk[] {
  const job = createJob(text, options);
  const chunks: Chunk[] = [];
  let start = 0;
  let opening = "";
  while (start < text.length) {
    const { chunk, reopened } = nextChunk(job, chunks.length, start, opening);
    chunks.push(chunk);
    start = chunk.end;
    opening = reopened;
  }
  return chunks;
}

/**
 * Splits text into pieces within a limit of UTF-8 bytes or characters, in linear time.
 *
 * Prefers to cut behind a blank line, then a line break, then a sentence (。！？；… or `.!?` with a space), then a word,
 * then a grapheme: an emoji family, a flag or a letter with its accents stays whole unless it alone exceeds the limit;
 * a code point always does. Nothing is trimmed: joining the pieces gives `text` back, less the code fences that were
 * closed and opened again at cuts. A piece may therefore end, or consist, in line breaks. An empty text has no pieces.
 *
 * @throws RangeError when the limit is below 4 bytes or 1 character, or `reserve` leaves less than that.
 */
export function chunkText(text: string, options: ChunkOptions): string[] {
  return chunkRanges(text, options).map(
    ({ start, end, opening, closing }) => opening + text.slice(start, end) + closing,
  );
}
