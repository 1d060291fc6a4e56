import { TableCells } from "./table-cells.ts";
import type { TextWriter } from "./text-writer.ts";
import { unitsOf } from "./units.ts";

/** A header cell up to this length, in UTF-16 units, is repeated in every row. */
const MAX_KEY = 40;

const NO_MARK = unitsOf("");
const ITEM = unitsOf("• ");
/** Stands where `ITEM` does, in the lines of a record behind its first. */
const NO_ITEM = unitsOf("  ");
const BETWEEN_CELLS = unitsOf(" | ");
const BEHIND_KEY = unitsOf(": ");

/**
 * Writes a table for a narrow screen with proportional letters, where columns cannot be aligned. Two columns become
 * `key: value`; more become one record per row, with the column's name before each cell. A table whose header is too
 * long to repeat keeps one line per row, and so does one of a header alone.
 */
export class TableWriter {
  private readonly page: TextWriter;
  private readonly header = new TableCells();
  private isHeaderLong = false;
  private rows = 0;
  /** The current row. */
  readonly row = new TableCells();

  constructor(page: TextWriter) {
    this.page = page;
  }

  start(): void {
    this.rows = 0;
    this.row.clear();
  }

  endRow(): void {
    const { header, row } = this;
    if (this.rows === 0) {
      header.copy(row);
      this.isHeaderLong = hasLongCell(header);
    } else {
      if (this.rows === 1) this.writeHeader();
      this.writeRow();
    }
    this.rows++;
    row.clear();
  }

  end(): void {
    if (this.rows === 1) this.writeLine(NO_MARK, this.header, BETWEEN_CELLS);
  }

  private writeHeader(): void {
    const { header } = this;
    if (this.isHeaderLong || header.count === 1) this.writeLine(NO_MARK, header, BETWEEN_CELLS);
    else if (header.count === 2) this.writeLine(NO_MARK, header, BEHIND_KEY);
  }

  private writeRow(): void {
    const { row } = this;
    const columns = this.header.count;
    if (this.isHeaderLong) this.writeLine(NO_MARK, row, BETWEEN_CELLS);
    else if (columns > 2) this.writeRecord();
    else if (columns === 2) this.writePair();
    else this.writeLine(ITEM, row, BETWEEN_CELLS);
  }

  /** A row of two columns: the first cell is the name of the second. */
  private writePair(): void {
    const { page, row } = this;
    if (row.count === 0 || row.isEmpty(0) || !this.hasValueFrom(1)) this.writeLine(ITEM, row, BETWEEN_CELLS);
    else {
      page.newLine();
      this.writeMark(ITEM);
      this.writeCell(row, 0);
      this.writeMark(BEHIND_KEY);
      this.writeCells(row, 1, BETWEEN_CELLS);
    }
  }

  private hasValueFrom(first: number): boolean {
    for (let column = first; column < this.row.count; column++) if (!this.row.isEmpty(column)) return true;
    return false;
  }

  /** A row as a record: each cell behind its column's name. */
  private writeRecord(): void {
    const { page, header, row } = this;
    let mark = ITEM;
    for (let column = 0; column < row.count; column++) {
      if (row.isEmpty(column)) continue;
      page.newLine();
      this.writeMark(mark);
      if (column < header.count && !header.isEmpty(column)) {
        this.writeCell(header, column);
        this.writeMark(BEHIND_KEY);
      }
      this.writeCell(row, column);
      mark = NO_ITEM;
    }
  }

  private writeLine(mark: Uint16Array, row: TableCells, between: Uint16Array): void {
    this.page.newLine();
    this.writeMark(mark);
    this.writeCells(row, 0, between);
  }

  /** The cells from `first` on that hold something. */
  private writeCells(row: TableCells, first: number, between: Uint16Array): void {
    let isFirst = true;
    for (let column = first; column < row.count; column++) {
      if (row.isEmpty(column)) continue;
      if (!isFirst) this.writeMark(between);
      this.writeCell(row, column);
      isFirst = false;
    }
  }

  private writeMark(mark: Uint16Array): void {
    this.page.writeUnits(mark, 0, mark.length);
  }

  private writeCell(row: TableCells, column: number): void {
    this.page.writeUnits(row.units, row.from(column), row.to(column));
  }
}

function hasLongCell(row: TableCells): boolean {
  for (let column = 0; column < row.count; column++) if (row.to(column) - row.from(column) > MAX_KEY) return true;
  return false;
}
