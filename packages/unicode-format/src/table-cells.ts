import type { LineWriter } from "./line-writer.ts";
import { UnitBuffer } from "./unit-buffer.ts";
import type { UnitText } from "./unit-text.ts";

const LF = 0x0a;
const SPACE = 0x20;

/** The cells of one row, one behind the other, each in one line. */
export class TableCells implements LineWriter {
  private readonly buffer = new UnitBuffer();
  /** Where each cell ends in the buffer. */
  private readonly ends: number[] = [];
  count = 0;
  /** Where the cell that is being written starts. */
  private start = 0;
  private isLineDue = false;

  get units(): Uint16Array {
    return this.buffer.units;
  }

  from(column: number): number {
    return column > 0 ? this.ends[column - 1]! : 0;
  }

  to(column: number): number {
    return this.ends[column]!;
  }

  isEmpty(column: number): boolean {
    return this.from(column) === this.to(column);
  }

  clear(): void {
    this.buffer.clear();
    this.count = 0;
    this.start = 0;
    this.isLineDue = false;
  }

  /** Takes over the cells of another row. */
  copy(row: TableCells): void {
    this.clear();
    this.buffer.addUnits(row.units, 0, row.buffer.length);
    for (; this.count < row.count; this.count++) this.ends[this.count] = row.ends[this.count]!;
  }

  /** Ends the cell that was written. */
  endCell(): void {
    const { buffer } = this;
    this.ends[this.count++] = buffer.length;
    this.start = buffer.length;
    this.isLineDue = false;
  }

  get lastCode(): number {
    return this.isLineDue || this.buffer.length === this.start ? -1 : this.buffer.last;
  }

  write(text: string): void {
    if (text === "") return;
    this.breakLine();
    this.buffer.addText(text);
  }

  writeUnit(unit: number): void {
    this.breakLine();
    this.buffer.addUnit(unit);
  }

  writeUnits(units: Uint16Array, from: number, to: number): void {
    if (from === to) return;
    this.breakLine();
    this.buffer.addUnits(units, from, to);
  }

  writeLines({ units }: UnitText, from: number, to: number): void {
    const start = this.buffer.length;
    this.writeUnits(units, from, to);
    const { buffer } = this;
    for (let at = start; at < buffer.length; at++) if (buffer.units[at] === LF) buffer.units[at] = SPACE;
  }

  newLine(): void {
    this.isLineDue = this.buffer.length > this.start;
  }

  private breakLine(): void {
    if (this.isLineDue) this.buffer.addUnit(SPACE);
    this.isLineDue = false;
  }
}
