import { isCjk } from "./characters.ts";
import { BOLD, containsCjk, ITALIC, LetterStyler, MONO, STRUCK } from "./letters.ts";
import type { LineWriter } from "./line-writer.ts";
import { NumberTable } from "./number-table.ts";
import { UnitBuffer } from "./unit-buffer.ts";
import { UnitText } from "./unit-text.ts";

/**
 * The longest span, in UTF-16 units, that changes its letters: they take four bytes each, and a paragraph of them is
 * hard to read.
 */
const MAX_STYLED = 120;

const BACKTICK = 0x60;
const LF = 0x0a;

/** Stands on both sides of struck text whose letters stay as they are. */
const STRIKE_MARK = 0x7e;

const LOOKS = [BOLD, ITALIC, MONO, STRUCK];

/** The columns of a segment that is held: its kind, where its units end, and how its letters may be written. */
const KIND = 0;
const END = 1;
const LOOK = 2;
const COLUMNS = 3;

const TEXT = 0;
const RAW = 1;
const MARK = 2;
const BREAK = 3;

/**
 * Writes inline text. A styled span is held until what follows it is known: it keeps its letters when it holds Chinese
 * or touches it, since half a word in other letters reads worse than none.
 */
export class SpanWriter {
  private writer: LineWriter;
  private readonly isStyled: boolean;
  private readonly styler = new LetterStyler();
  private readonly decoded = new UnitText();
  private readonly held = new UnitBuffer();
  private readonly segments = new NumberTable(COLUMNS);
  private codeBefore = -1;
  /** How many spans of each look are open, and all looks together. */
  private readonly open: Record<number, number> = { [BOLD]: 0, [ITALIC]: 0, [MONO]: 0, [STRUCK]: 0 };
  private look = 0;
  private depth = 0;

  constructor(writer: LineWriter, isStyled: boolean) {
    this.writer = writer;
    this.isStyled = isStyled;
  }

  /** Goes on in another writer; the span that is held belongs to the last one. */
  use(writer: LineWriter): void {
    this.end();
    this.writer = writer;
  }

  enter(look: number): void {
    if (this.depth === 0) {
      if (this.segments.count > 0) this.release(-1);
      this.codeBefore = this.writer.lastCode;
    }
    this.depth++;
    this.open[look]!++;
    this.look |= look;
    if (look === STRUCK) this.holdStrikeMark();
  }

  /** Ends a span; one that was never entered (a stray closing tag) is ignored. */
  leave(look: number): void {
    if (this.open[look] === 0) return;
    if (look === STRUCK) this.holdStrikeMark();
    this.depth--;
    if (--this.open[look]! === 0) this.look &= ~look;
  }

  /** Text of one line. */
  text(units: Uint16Array, from: number, to: number): void {
    if (this.depth > 0) {
      this.held.addUnits(units, from, to);
      this.hold(TEXT);
    } else {
      if (this.segments.count > 0) this.release(units[from]!);
      this.writer.writeUnits(units, from, to);
    }
  }

  /** Text, with line breaks between its lines. */
  lines(source: UnitText, from: number, to: number): void {
    if (this.depth > 0) this.holdLines(source.units, from, to);
    else {
      if (this.segments.count > 0) this.release(source.units[from]!);
      this.writer.writeLines(source, from, to);
    }
  }

  /** Text that is no part of a source. */
  decodedText(text: string): void {
    this.decoded.load(text);
    this.lines(this.decoded, 0, text.length);
  }

  /** Text whose letters never change: an address, code, a mention. */
  raw(text: string): void {
    if (this.depth > 0) {
      this.held.addText(text);
      this.hold(RAW);
    } else {
      if (this.segments.count > 0) this.release(text.charCodeAt(0));
      this.writer.write(text);
    }
  }

  /** Code of one line that holds no backtick; `isMarked` puts it between two. */
  code({ units }: UnitText, from: number, to: number, isMarked: boolean): void {
    const { writer, held } = this;
    if (this.depth > 0) {
      if (isMarked) held.addUnit(BACKTICK);
      held.addUnits(units, from, to);
      if (isMarked) held.addUnit(BACKTICK);
      this.hold(RAW);
      return;
    }
    if (this.segments.count > 0) this.release(isMarked ? BACKTICK : units[from]!);
    if (!isMarked) writer.writeUnits(units, from, to);
    else if (units[from - 1] === BACKTICK && units[to] === BACKTICK) writer.writeUnits(units, from - 1, to + 1);
    else {
      writer.writeUnit(BACKTICK);
      writer.writeUnits(units, from, to);
      writer.writeUnit(BACKTICK);
    }
  }

  newLine(): void {
    if (this.depth > 0) this.hold(BREAK);
    else {
      if (this.segments.count > 0) this.release(-1);
      this.writer.newLine();
    }
  }

  /** Ends the block: whatever is still open (an unclosed tag) ends with it. */
  end(): void {
    if (this.depth > 0) for (const look of LOOKS) while (this.open[look]! > 0) this.leave(look);
    if (this.segments.count > 0) this.release(-1);
  }

  /** Writes what is held, which is not nothing; `codeBehind` stands behind it, -1 for the end of a line. */
  private release(codeBehind: number): void {
    const { held, segments } = this;
    const { count } = segments;
    const isChanged = this.isStyled && !isCjk(this.codeBefore) && !isCjk(codeBehind) && this.isChangeable();
    let from = 0;
    for (let segment = 0; segment < count; segment++) {
      const to = segments.get(segment, END);
      this.write(isChanged, segments.get(segment, KIND), segments.get(segment, LOOK), from, to);
      from = to;
    }
    held.clear();
    segments.count = 0;
  }

  private write(isChanged: boolean, kind: number, look: number, from: number, to: number): void {
    const { writer } = this;
    const { units } = this.held;
    if (kind === BREAK) writer.newLine();
    else if (!isChanged || kind === RAW) writer.writeUnits(units, from, to);
    else if (kind === TEXT) {
      const styled = this.styler.style(units, from, to, look);
      writer.writeUnits(styled.units, 0, styled.length);
    }
  }

  private holdLines(units: Uint16Array, from: number, to: number): void {
    let start = from;
    for (let at = from; at < to; at++) {
      if (units[at] !== LF) continue;
      this.held.addUnits(units, start, at);
      this.hold(TEXT);
      this.hold(BREAK);
      start = at + 1;
    }
    this.held.addUnits(units, start, to);
    this.hold(TEXT);
  }

  private holdStrikeMark(): void {
    this.held.addUnit(STRIKE_MARK);
    this.hold(MARK);
  }

  /** Makes a segment of the units that were added to what is held. */
  private hold(kind: number): void {
    this.segments.addThree(kind, this.held.length, this.look);
  }

  private isChangeable(): boolean {
    const { units, length } = this.held;
    return length <= MAX_STYLED && !containsCjk(units, 0, length);
  }
}
