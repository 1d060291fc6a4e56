import { isCjk, isDigit, isPunctuation, isWhitespace } from "./characters.ts";
import { NumberTable } from "./number-table.ts";
import type { MarkdownSink, SpanKind } from "./sink.ts";
import type { UnitText } from "./unit-text.ts";

const UNDERSCORE = 0x5f;
const TILDE = 0x7e;

/** The letters that spans are named by. */
const STRONG = "s";
const EMPHASIS = "e";
const STRIKETHROUGH = "~";

function kindOf(letter: string): SpanKind {
  return letter === STRONG ? "strong" : letter === EMPHASIS ? "emphasis" : "strikethrough";
}

const NEITHER = 0;
const OPENS = 1;
const CLOSES = 2;

/**
 * What the run of equal marks from `start` to `end` may do: `OPENS`, `CLOSES`, both or neither.
 *
 * CommonMark's flanking rules, except that Chinese punctuation counts as a letter and a Chinese letter beside a mark
 * as a boundary, and that a mark between digits is none: without the first `**注意：**请` stays raw, as Chinese has no space behind the closing mark.
 */
function flanking(source: UnitText, start: number, end: number): number {
  const code = source.code(start);
  if (code === TILDE && end - start > 2) return NEITHER;
  const before = start > source.start ? source.code(start - 1) : 0x20;
  const after = end < source.end ? source.code(end) : 0x20;
  // "2*3*4" is arithmetic.
  if (end - start === 1 && isDigit(before) && isDigit(after)) return NEITHER;
  const cjkBefore = isCjk(before);
  const cjkAfter = isCjk(after);
  const spaceBefore = isWhitespace(before);
  const spaceAfter = isWhitespace(after);
  const markBefore = !cjkBefore && !spaceBefore && isPunctuation(before);
  const markAfter = !cjkAfter && !spaceAfter && isPunctuation(after);
  const opening = !spaceAfter && (!markAfter || spaceBefore || markBefore || cjkBefore);
  const closing = !spaceBefore && (!markBefore || spaceAfter || markAfter || cjkAfter);
  // One tilde inside a word is a range: "100~200元，300~400元" strikes nothing.
  const isWordPart = code === UNDERSCORE || (code === TILDE && end - start === 1);
  const canOpen = opening && (!isWordPart || !closing || markBefore);
  const canClose = closing && (!isWordPart || !opening || markAfter);
  return (canOpen ? OPENS : NEITHER) | (canClose ? CLOSES : NEITHER);
}

/** Openers further back than this were already searched in vain by a closer of the same kind. */
const BOTTOM_KEYS = 18;

/** No delimiter. */
export const NONE = -1;

/** The columns of a delimiter: a run of `*`, `_` or `~`. What is left of it is text, what was taken opens or closes spans. */
const CODE = 0;
const POSITION = 1;
const LENGTH = 2;
const CAN = 3;
const LEFT = 4;
const PREVIOUS = 5;
const NEXT = 6;
const COLUMNS = 7;

/** The delimiters of one text, in order, by number. Their memory is used again for the next text. */
export class Delimiters {
  private readonly runs = new NumberTable(COLUMNS);
  /** The spans closed by each run, innermost first, and opened by it, outermost first: a letter each. */
  private readonly closes: string[] = [];
  private readonly opens: string[] = [];
  /** The last that may still open or close something. */
  last = NONE;
  /** By the closer's key: openers before it were searched in vain. All are 0 while nothing `wasSearched`. */
  private readonly searchedTo = new Array<number>(BOTTOM_KEYS).fill(0);
  private wasSearched = false;

  /** Adds the run from `start` to `end`; `NONE` when it can neither open nor close anything. */
  add(source: UnitText, start: number, end: number): number {
    const can = flanking(source, start, end);
    if (can === NEITHER) return NONE;
    const { runs, last } = this;
    const run = runs.add();
    runs.set(run, CODE, source.code(start));
    runs.set(run, POSITION, start);
    runs.set(run, LENGTH, end - start);
    runs.set(run, CAN, can);
    runs.set(run, LEFT, end - start);
    runs.set(run, PREVIOUS, last);
    runs.set(run, NEXT, NONE);
    this.closes[run] = "";
    this.opens[run] = "";
    if (last !== NONE) runs.set(last, NEXT, run);
    this.last = run;
    return run;
  }

  /** Forgets the text. */
  clear(): void {
    this.runs.count = 0;
    this.last = NONE;
  }

  report(run: number, source: UnitText, sink: MarkdownSink): void {
    const closes = this.closes[run]!;
    const opens = this.opens[run]!;
    const left = this.runs.get(run, LEFT);
    for (let index = 0; index < closes.length; index++) sink.leave(kindOf(closes[index]!));
    if (left > 0) {
      const position = this.runs.get(run, POSITION);
      sink.text(source, position, position + left);
    }
    for (let index = 0; index < opens.length; index++) sink.span(kindOf(opens[index]!));
  }

  /** Pairs the delimiters behind `bottom` (all of them when `NONE`), and drops them from the list. */
  pair(bottom: number): void {
    const { runs } = this;
    let closer = this.firstBehind(bottom);
    if (closer === NONE) return;
    const floor = bottom === NONE ? 0 : runs.get(bottom, POSITION) + 1;
    while (closer !== NONE) closer = this.canClose(closer) ? this.close(closer, floor) : runs.get(closer, NEXT);
    if (this.wasSearched) this.forgetSearches();
    if (bottom !== NONE) runs.set(bottom, NEXT, NONE);
    this.last = bottom;
  }

  private forgetSearches(): void {
    const { searchedTo } = this;
    for (let key = 0; key < BOTTOM_KEYS; key++) searchedTo[key] = 0;
    this.wasSearched = false;
  }

  private firstBehind(bottom: number): number {
    let first = this.last;
    if (first === bottom) return NONE;
    while (first !== NONE && this.runs.get(first, PREVIOUS) !== bottom) first = this.runs.get(first, PREVIOUS);
    return first;
  }

  /** Matches one closer as far as it goes, and returns the next to look at. */
  private close(closer: number, floor: number): number {
    const { runs } = this;
    const key = this.bottomKey(closer);
    const lowest = Math.max(floor, this.searchedTo[key]!);
    let opener = runs.get(closer, PREVIOUS);
    while (opener !== NONE && runs.get(opener, POSITION) >= lowest && !this.matches(opener, closer))
      opener = runs.get(opener, PREVIOUS);
    if (opener === NONE || runs.get(opener, POSITION) < lowest) {
      this.searchedTo[key] = runs.get(closer, POSITION);
      this.wasSearched = true;
      const next = runs.get(closer, NEXT);
      if (!this.canOpen(closer)) this.remove(closer);
      return next;
    }
    this.span(opener, closer);
    runs.set(opener, NEXT, closer);
    runs.set(closer, PREVIOUS, opener);
    if (runs.get(opener, LEFT) === 0) this.remove(opener);
    if (runs.get(closer, LEFT) > 0) return closer;
    this.remove(closer);
    return runs.get(closer, NEXT);
  }

  private matches(opener: number, closer: number): boolean {
    const { runs } = this;
    const code = runs.get(closer, CODE);
    if (runs.get(opener, CODE) !== code || !this.canOpen(opener)) return false;
    const openerLength = runs.get(opener, LENGTH);
    const closerLength = runs.get(closer, LENGTH);
    if (code === TILDE) return openerLength === closerLength;
    const isInner = this.canOpen(closer) || this.canClose(opener);
    return !(isInner && closerLength % 3 !== 0 && (openerLength + closerLength) % 3 === 0);
  }

  /** Takes the marks of the widest span that both have marks left for. */
  private span(opener: number, closer: number): void {
    const { runs } = this;
    const isStrike = runs.get(closer, CODE) === TILDE;
    const isStrong = !isStrike && runs.get(opener, LEFT) > 1 && runs.get(closer, LEFT) > 1;
    const width = isStrike ? runs.get(closer, LENGTH) : isStrong ? 2 : 1;
    const letter = isStrike ? STRIKETHROUGH : isStrong ? STRONG : EMPHASIS;
    runs.set(opener, LEFT, runs.get(opener, LEFT) - width);
    runs.set(closer, LEFT, runs.get(closer, LEFT) - width);
    // Mostly one run opens or closes one span, and no string need be joined.
    const opens = this.opens[opener]!;
    const closes = this.closes[closer]!;
    this.opens[opener] = opens === "" ? letter : letter + opens;
    this.closes[closer] = closes === "" ? letter : closes + letter;
  }

  private bottomKey(closer: number): number {
    const code = this.runs.get(closer, CODE);
    const mark = code === TILDE ? 2 : code === UNDERSCORE ? 1 : 0;
    return mark * 6 + (this.canOpen(closer) ? 3 : 0) + (this.runs.get(closer, LENGTH) % 3);
  }

  private canOpen(run: number): boolean {
    return (this.runs.get(run, CAN) & OPENS) !== 0;
  }

  private canClose(run: number): boolean {
    return (this.runs.get(run, CAN) & CLOSES) !== 0;
  }

  private remove(run: number): void {
    const { runs } = this;
    const previous = runs.get(run, PREVIOUS);
    const next = runs.get(run, NEXT);
    if (previous !== NONE) runs.set(previous, NEXT, next);
    if (next !== NONE) runs.set(next, PREVIOUS, previous);
    else this.last = previous;
  }
}
