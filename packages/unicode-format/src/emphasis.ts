import { isCjk, isDigit, isPunctuation, isWhitespace } from "./characters.ts";
import type { MarkdownNode, MarkdownSink } from "./events.ts";

const UNDERSCORE = 0x5f;
const TILDE = 0x7e;

/** The letters that `opens` and `closes` name spans by. */
const STRONG = "s";
const EMPHASIS = "e";
const STRIKETHROUGH = "~";

const STRONG_NODE: MarkdownNode = { kind: "strong" };
const EMPHASIS_NODE: MarkdownNode = { kind: "emphasis" };
const STRIKETHROUGH_NODE: MarkdownNode = { kind: "strikethrough" };

function nodeOf(spans: string, index: number): MarkdownNode {
  const letter = spans[index];
  return letter === STRONG ? STRONG_NODE : letter === EMPHASIS ? EMPHASIS_NODE : STRIKETHROUGH_NODE;
}

/** A run of `*`, `_` or `~`: what is left of it is text, what was taken opens or closes spans. */
export class Delimiter {
  readonly type = "delimiter";
  code = 0;
  position = 0;
  length = 0;
  canOpen = false;
  canClose = false;
  left = 0;
  /** The spans closed here, innermost first, and opened here, outermost first: a letter each, so that none is allocated. */
  closes = "";
  opens = "";
  previous: Delimiter | undefined = undefined;
  next: Delimiter | undefined = undefined;

  report(sink: MarkdownSink): void {
    const { closes, opens, left } = this;
    for (let index = 0; index < closes.length; index++) sink.leave(nodeOf(closes, index));
    if (left > 0) sink.text(String.fromCharCode(this.code).repeat(left));
    for (let index = 0; index < opens.length; index++) sink.enter(nodeOf(opens, index));
  }
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
function flanking(source: string, start: number, end: number): number {
  const code = source.charCodeAt(start);
  if (code === TILDE && end - start > 2) return NEITHER;
  const before = start > 0 ? source.charCodeAt(start - 1) : 0x20;
  const after = end < source.length ? source.charCodeAt(end) : 0x20;
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

function matches(opener: Delimiter, closer: Delimiter): boolean {
  if (opener.code !== closer.code || !opener.canOpen) return false;
  if (closer.code === TILDE) return opener.length === closer.length;
  const isInner = closer.canOpen || opener.canClose;
  return !(isInner && closer.length % 3 !== 0 && (opener.length + closer.length) % 3 === 0);
}

/** Takes the marks of the widest span that both have marks left for. */
function span(opener: Delimiter, closer: Delimiter): void {
  const isStrike = closer.code === TILDE;
  const isStrong = !isStrike && opener.left > 1 && closer.left > 1;
  const width = isStrike ? closer.length : isStrong ? 2 : 1;
  const letter = isStrike ? STRIKETHROUGH : isStrong ? STRONG : EMPHASIS;
  opener.left -= width;
  closer.left -= width;
  opener.opens = letter + opener.opens;
  closer.closes += letter;
}

/** Openers further back than this were already searched in vain by a closer of the same kind. */
function bottomKey(closer: Delimiter): number {
  const mark = closer.code === TILDE ? 2 : closer.code === UNDERSCORE ? 1 : 0;
  return mark * 6 + (closer.canOpen ? 3 : 0) + (closer.length % 3);
}

const BOTTOM_KEYS = 18;

/** The delimiters of one text, in order. They are used again for the next text. */
export class DelimiterList {
  last: Delimiter | undefined = undefined;
  private readonly pool: Delimiter[] = [];
  private used = 0;
  /** By the closer's key: openers before it were searched in vain. All are 0 while nothing `wasSearched`. */
  private readonly searchedTo = new Int32Array(BOTTOM_KEYS);
  private wasSearched = false;

  /** Adds the run from `start` to `end`; undefined when it can neither open nor close anything. */
  add(source: string, start: number, end: number): Delimiter | undefined {
    const can = flanking(source, start, end);
    if (can === NEITHER) return undefined;
    const delimiter = this.take();
    delimiter.code = source.charCodeAt(start);
    delimiter.position = start;
    delimiter.length = end - start;
    delimiter.canOpen = (can & OPENS) !== 0;
    delimiter.canClose = (can & CLOSES) !== 0;
    delimiter.left = end - start;
    delimiter.closes = "";
    delimiter.opens = "";
    delimiter.previous = this.last;
    delimiter.next = undefined;
    if (this.last) this.last.next = delimiter;
    this.last = delimiter;
    return delimiter;
  }

  private take(): Delimiter {
    if (this.used === this.pool.length) this.pool.push(new Delimiter());
    return this.pool[this.used++]!;
  }

  /** Forgets the text; its delimiters must not be looked at any more. */
  clear(): void {
    this.used = 0;
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
    const floor = bottom ? bottom.position + 1 : 0;
    while (closer) closer = closer.canClose ? this.close(closer, floor) : closer.next;
    if (this.wasSearched) this.searchedTo.fill(0);
    this.wasSearched = false;
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
  private close(closer: Delimiter, floor: number): Delimiter | undefined {
    const key = bottomKey(closer);
    const lowest = Math.max(floor, this.searchedTo[key]!);
    let opener = closer.previous;
    while (opener && opener.position >= lowest && !matches(opener, closer)) opener = opener.previous;
    if (!opener || opener.position < lowest) {
      this.searchedTo[key] = closer.position;
      this.wasSearched = true;
      const next = closer.next;
      if (!closer.canOpen) this.remove(closer);
      return next;
    }
    span(opener, closer);
    opener.next = closer;
    closer.previous = opener;
    if (opener.left === 0) this.remove(opener);
    if (closer.left > 0) return closer;
    this.remove(closer);
    return closer.next;
  }
}
