import type { LineWriter } from "./line-writer.ts";
import { NumberTable } from "./number-table.ts";
import { UnitBuffer } from "./unit-buffer.ts";
import type { UnitText } from "./unit-text.ts";

/** Levels that indent or bar their lines; deeper ones share the look of the last, as no phone has room for more. */
const MAX_LEVELS = 8;

/**
 * From this length on, in UTF-16 units, what was written becomes a string at the next block: memory that is used again is
 * cheaper than memory that is asked for, and a buffer for a whole long answer would be.
 */
const PAGE_LENGTH = 8192;

/** What most messages need. */
const FIRST_PAGE_LENGTH = 512;

/** From this length on, in UTF-16 units, text is a page by itself. */
const LONG = 1024;

const LF = 0x0a;
const SPACE = 0x20;

/** The columns of a level: where what it and those around it write before a line ends in `rest`, and in `first`. */
const REST_END = 0;
const FIRST_END = 1;
const COLUMNS = 2;

/** Writes lines, each behind the marks of what encloses it. Line breaks wait for text, so none is left over. */
export class TextWriter implements LineWriter {
  private readonly buffer = new UnitBuffer(FIRST_PAGE_LENGTH);
  /** What was written before what is in the buffer. */
  private readonly pages: string[] = [];
  private readonly levels = new NumberTable(COLUMNS);
  /** What the open levels put before a line. */
  private readonly rest = new UnitBuffer();
  /** What they put before their first line. */
  private readonly first = new UnitBuffer();
  /** How many levels, from the innermost outwards, have not written their first line. */
  private fresh = 0;
  /** 0: in a line; 1: a new line is due; 2: a blank line and a new one. */
  private due = 1;
  /** What a blank line that is due starts with: marks of what both neighbours stand in. */
  private readonly blank = new UnitBuffer();
  private isAfterHeading = false;

  /** Ends the block before. `spaced` asks for a blank line, which a heading's own text never has above it. */
  startBlock(spaced: boolean): void {
    if (this.buffer.length > PAGE_LENGTH) this.turnPage();
    if (!spaced || this.isAfterHeading) this.newLine();
    else if (this.due < 2) {
      this.due = 2;
      this.keepBlank();
    }
  }

  endHeading(): void {
    this.isAfterHeading = true;
  }

  /** Enters a level: `first`, of which `length` units count, stands before its first line, as many of `rest` before others. */
  enter(first: Uint16Array, rest: Uint16Array, length: number): void {
    const { levels } = this;
    if (levels.count < MAX_LEVELS) this.rest.addUnits(rest, 0, length);
    this.first.addUnits(first, 0, length);
    const level = levels.add();
    levels.set(level, REST_END, this.rest.length);
    levels.set(level, FIRST_END, this.first.length);
    this.fresh++;
  }

  /** Leaves the innermost level; its first mark is written even when nothing stands behind it. */
  leave(): void {
    if (this.fresh > 0) this.startLine();
    this.levels.count--;
    this.rest.length = this.endOf(this.levels.count - 1, REST_END);
    this.first.length = this.endOf(this.levels.count - 1, FIRST_END);
  }

  get lastCode(): number {
    return this.due > 0 ? -1 : this.buffer.last;
  }

  write(text: string): void {
    if (text === "") return;
    if (this.due > 0) this.startLine();
    this.buffer.addText(text);
  }

  writeUnit(unit: number): void {
    if (this.due > 0) this.startLine();
    this.buffer.addUnit(unit);
  }

  writeUnits(units: Uint16Array, from: number, to: number): void {
    if (from === to) return;
    if (this.due > 0) this.startLine();
    this.buffer.addUnits(units, from, to);
  }

  writeLines({ units }: UnitText, from: number, to: number): void {
    let start = from;
    // Where nothing stands before them, lines are one piece of text.
    if (this.rest.length > 0) {
      for (let at = from; at < to; at++) {
        if (units[at] !== LF) continue;
        this.writeUnits(units, start, at);
        this.newLine();
        start = at + 1;
      }
    }
    this.writeUnits(units, start, to);
  }

  newLine(): void {
    if (this.due === 0) this.due = 1;
  }

  /** Starts lines that stay as they are, at the margin: code is there to be copied. */
  startVerbatim(): void {
    if (this.fresh > 0) {
      this.startLine();
      this.due = 1;
    }
    this.breakLine();
  }

  /** Writes some of them. */
  writeVerbatim(source: UnitText, from: number, to: number): void {
    if (to - from < LONG) this.buffer.addUnits(source.units, from, to);
    else {
      this.turnPage();
      this.pages.push(source.slice(from, to));
    }
  }

  /** Ends the lines that stay as they are, the last of them included. */
  endVerbatim(): void {
    this.due = 1;
  }

  /** What was written, and an empty page. */
  take(): string {
    const { pages } = this;
    this.due = 1;
    this.turnPage();
    const text = pages.length === 1 ? pages[0]! : pages.join("");
    pages.length = 0;
    return text;
  }

  private turnPage(): void {
    if (this.buffer.length === 0) return;
    this.pages.push(this.buffer.text());
    this.buffer.clear();
  }

  private keepBlank(): void {
    const { rest, blank } = this;
    let end = rest.length;
    while (end > 0 && rest.units[end - 1] === SPACE) end--;
    blank.clear();
    blank.addUnits(rest.units, 0, end);
  }

  private breakLine(): void {
    const { buffer, blank } = this;
    if (buffer.length > 0 || this.pages.length > 0) {
      buffer.addUnit(LF);
      if (this.due === 2) {
        if (blank.length > 0) buffer.addUnits(blank.units, 0, blank.length);
        buffer.addUnit(LF);
      }
    }
    this.due = 0;
    this.isAfterHeading = false;
  }

  private startLine(): void {
    const { buffer, rest, first } = this;
    this.breakLine();
    if (this.fresh === 0) {
      if (rest.length > 0) buffer.addUnits(rest.units, 0, rest.length);
      return;
    }
    const outer = this.levels.count - this.fresh - 1;
    buffer.addUnits(rest.units, 0, this.endOf(outer, REST_END));
    buffer.addUnits(first.units, this.endOf(outer, FIRST_END), first.length);
    this.fresh = 0;
  }

  private endOf(level: number, column: number): number {
    return level < 0 ? 0 : this.levels.get(level, column);
  }
}
