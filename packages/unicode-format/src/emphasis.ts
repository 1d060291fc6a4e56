import { isCjk, isDigit, isPunctuation, isWhitespace } from "./characters.ts";
import type { MarkdownEvent } from "./events.ts";

/** A kind of span, by the events that report it. */
interface Span {
  readonly enter: MarkdownEvent;
  readonly leave: MarkdownEvent;
}

function createSpan(kind: "strong" | "emphasis" | "strikethrough"): Span {
  const node = { kind };
  return { enter: { type: "enter", node }, leave: { type: "leave", node } };
}

const STRONG = createSpan("strong");
const EMPHASIS = createSpan("emphasis");
const STRIKETHROUGH = createSpan("strikethrough");

const UNDERSCORE = 0x5f;
const TILDE = 0x7e;

/** A run of `*`, `_` or `~`: what is left of it is text, what was taken opens or closes spans. */
export interface Delimiter {
  readonly type: "delimiter";
  readonly code: number;
  readonly position: number;
  readonly length: number;
  readonly canOpen: boolean;
  readonly canClose: boolean;
  left: number;
  /** Spans closed here, innermost first, and opened here, innermost first. */
  closes: Span[] | undefined;
  opens: Span[] | undefined;
  previous: Delimiter | undefined;
  next: Delimiter | undefined;
}

/**
 * The run of equal marks from `start` to `end`; undefined when it can neither open nor close anything.
 *
 * CommonMark's flanking rules, except that Chinese punctuation counts as a letter and a Chinese letter beside a mark
 * as a boundary, and that a mark between digits is none: without the first `**注意：**请` stays raw, as Chinese has no space behind the closing mark.
 */
export function readDelimiter(source: string, start: number, end: number): Delimiter | undefined {
  const code = source.charCodeAt(start);
  if (code === TILDE && end - start > 2) return undefined;
  const before = start > 0 ? source.charCodeAt(start - 1) : 0x20;
  const after = end < source.length ? source.charCodeAt(end) : 0x20;
  // "2*3*4" is arithmetic.
  if (end - start === 1 && isDigit(before) && isDigit(after)) return undefined;
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
  if (!canOpen && !canClose) return undefined;
  return {
    type: "delimiter",
    code,
    position: start,
    length: end - start,
    canOpen,
    canClose,
    left: end - start,
    closes: undefined,
    opens: undefined,
    previous: undefined,
    next: undefined,
  };
}

function matches(opener: Delimiter, closer: Delimiter): boolean {
  if (opener.code !== closer.code || !opener.canOpen) return false;
  if (closer.code === TILDE) return opener.length === closer.length;
  const isInner = closer.canOpen || opener.canClose;
  return !(isInner && closer.length % 3 !== 0 && (opener.length + closer.length) % 3 === 0);
}

function spanOf(opener: Delimiter, closer: Delimiter): { span: Span; width: number } {
  if (closer.code === TILDE) return { span: STRIKETHROUGH, width: closer.length };
  return opener.left > 1 && closer.left > 1 ? { span: STRONG, width: 2 } : { span: EMPHASIS, width: 1 };
}

/** Openers further back than this were already searched in vain by a closer of the same kind. */
function bottomKey(closer: Delimiter): number {
  const mark = closer.code === TILDE ? 2 : closer.code === UNDERSCORE ? 1 : 0;
  return mark * 6 + (closer.canOpen ? 3 : 0) + (closer.length % 3);
}

/** The delimiters of one text, in order. */
export class DelimiterList {
  last: Delimiter | undefined;

  add(delimiter: Delimiter): void {
    delimiter.previous = this.last;
    if (this.last) this.last.next = delimiter;
    this.last = delimiter;
  }

  private remove(delimiter: Delimiter): void {
    if (delimiter.previous) delimiter.previous.next = delimiter.next;
    if (delimiter.next) delimiter.next.previous = delimiter.previous;
    else this.last = delimiter.previous;
  }

  /** Pairs the delimiters behind `bottom` (all of them when undefined), and drops them from the list. */
  pair(bottom: Delimiter | undefined): void {
    let closer = this.firstBehind(bottom);
    if (!closer) return;
    const searchedTo: number[] = [];
    const floor = bottom ? bottom.position + 1 : 0;
    while (closer) closer = closer.canClose ? this.close(closer, floor, searchedTo) : closer.next;
    if (bottom) bottom.next = undefined;
    this.last = bottom;
  }

  private firstBehind(bottom: Delimiter | undefined): Delimiter | undefined {
    let first = this.last;
    if (first === bottom) return undefined;
    while (first && first.previous !== bottom) first = first.previous;
    return first;
  }

  /** Matches one closer as far as it goes, and returns the next to look at. */
  private close(closer: Delimiter, floor: number, searchedTo: number[]): Delimiter | undefined {
    const key = bottomKey(closer);
    const lowest = Math.max(floor, searchedTo[key] ?? 0);
    let opener = closer.previous;
    while (opener && opener.position >= lowest && !matches(opener, closer)) opener = opener.previous;
    if (!opener || opener.position < lowest) {
      searchedTo[key] = closer.position;
      const next = closer.next;
      if (!closer.canOpen) this.remove(closer);
      return next;
    }
    const { span, width } = spanOf(opener, closer);
    opener.left -= width;
    closer.left -= width;
    if (opener.opens) opener.opens.push(span);
    else opener.opens = [span];
    if (closer.closes) closer.closes.push(span);
    else closer.closes = [span];
    opener.next = closer;
    closer.previous = opener;
    if (opener.left === 0) this.remove(opener);
    if (closer.left > 0) return closer;
    this.remove(closer);
    return closer.next;
  }
}
