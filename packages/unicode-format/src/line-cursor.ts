import type { SourceLines } from "./source-lines.ts";
import type { UnitText } from "./unit-text.ts";

const SPACE = 0x20;
const TAB = 0x09;

/** A place in one line, in characters and in columns: a tab reaches to the next multiple of four. */
export class LineCursor {
  private readonly source: UnitText;
  /** The current place, and the end of the line (its line break excluded). */
  at = 0;
  end = 0;
  private column = 0;
  /** The columns of a tab at `at` that were already taken. */
  private tabTaken = 0;
  /** The first character that is no space, and how many columns of space precede it. */
  contentAt = 0;
  indent = 0;
  /** The character at `contentAt`; -1 on a blank line. */
  code = -1;

  constructor(source: UnitText) {
    this.source = source;
  }

  /** Moves to the line that starts at `start`. */
  moveTo(start: number, end: number): void {
    this.at = start;
    this.end = end;
    this.column = 0;
    this.tabTaken = 0;
    this.measure();
  }

  get isBlank(): boolean {
    return this.code < 0;
  }

  private measure(): void {
    const { units } = this.source;
    const { end, at: start } = this;
    let at = start;
    let code = -1;
    while (at < end) {
      code = units[at]!;
      if (code !== SPACE) break;
      at++;
    }
    this.contentAt = at;
    this.indent = at - start;
    this.code = at < end ? code : -1;
    if (code === TAB) this.measureTabs();
  }

  private measureTabs(): void {
    const { units } = this.source;
    const { end } = this;
    let column = this.column + this.indent;
    let at = this.contentAt;
    for (; at < end; at++) {
      const code = units[at]!;
      if (code === SPACE) column++;
      else if (code === TAB) column += 4 - (column & 3);
      else break;
    }
    this.contentAt = at;
    this.indent = column - this.column;
    this.code = at < end ? units[at]! : -1;
  }

  /** Takes `columns` of the space at the current place; part of a tab leaves the rest as space. */
  takeSpace(columns: number): void {
    let left = Math.min(columns, this.indent);
    this.indent -= left;
    while (left > 0) {
      const isTab = this.source.code(this.at) === TAB;
      const width = isTab ? 4 - (this.column & 3) : 1;
      const taken = Math.min(width, left);
      this.column += taken;
      left -= taken;
      this.tabTaken = taken < width ? this.tabTaken + taken : 0;
      if (taken === width) this.at++;
    }
  }

  /** Takes the space and then `characters` that are no tabs. */
  takeMark(characters: number): void {
    this.column += this.indent + characters;
    this.at = this.contentAt + characters;
    this.tabTaken = 0;
    this.measure();
  }

  /** Adds what is left of the line with its space; what is left of a tab becomes spaces. */
  addRestTo(lines: SourceLines): void {
    if (this.tabTaken === 0) lines.add(this.at, this.end);
    else lines.addText(" ".repeat(4 - (this.column & 3)) + this.source.slice(this.at + 1, this.end));
  }
}
