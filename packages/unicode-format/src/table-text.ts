import type { TextWriter } from "./text-writer.ts";

/** A header cell up to this length, in UTF-16 units, is repeated in every row. */
const MAX_KEY = 40;

/**
 * Writes a table for a narrow screen with proportional letters, where columns cannot be aligned. Two columns become
 * `key: value`; more become one record per row, with the column's name before each cell. A table whose header is too
 * long to repeat keeps one line per row, and so does one of a header alone.
 */
export class TableWriter {
  private readonly page: TextWriter;
  private header: readonly string[] = [];
  private isHeaderLong = false;
  private rows = 0;
  /** The cells of the current row are the first `count`; the array is used again. */
  private readonly cells: string[] = [];
  private count = 0;

  constructor(page: TextWriter) {
    this.page = page;
  }

  start(): void {
    this.rows = 0;
    this.count = 0;
  }

  addCell(text: string): void {
    this.cells[this.count++] = text.includes("\n") ? text.replaceAll("\n", " ") : text;
  }

  endRow(): void {
    if (this.rows === 0) {
      this.header = this.cells.slice(0, this.count);
      this.isHeaderLong = this.header.some((cell) => cell.length > MAX_KEY);
    } else {
      if (this.rows === 1) this.writeHeader();
      this.writeRow();
    }
    this.rows++;
    this.count = 0;
  }

  end(): void {
    if (this.rows === 1) this.writeLine("", this.header, this.header.length, " | ");
  }

  private writeHeader(): void {
    const { header } = this;
    const columns = header.length;
    if (this.isHeaderLong || columns === 1) this.writeLine("", header, columns, " | ");
    else if (columns === 2) this.writeLine("", header, columns, ": ");
  }

  private writeRow(): void {
    const { cells, count } = this;
    const columns = this.header.length;
    if (this.isHeaderLong) this.writeLine("", cells, count, " | ");
    else if (columns > 2) this.writeRecord();
    else if (columns === 2) this.writePair();
    else this.writeLine("• ", cells, count, " | ");
  }

  /** A row of two columns: the first cell is the name of the second. */
  private writePair(): void {
    const { page, cells, count } = this;
    const key = count > 0 ? cells[0]! : "";
    if (key === "" || !this.hasValueFrom(1)) this.writeLine("• ", cells, count, " | ");
    else {
      page.newLine();
      page.write("• ");
      page.write(key);
      page.write(": ");
      this.writeCells(cells, 1, count, " | ");
    }
  }

  private hasValueFrom(first: number): boolean {
    for (let column = first; column < this.count; column++) if (this.cells[column] !== "") return true;
    return false;
  }

  /** A row as a record: each cell behind its column's name. */
  private writeRecord(): void {
    const { page, header, cells } = this;
    let mark = "• ";
    for (let column = 0; column < this.count; column++) {
      const value = cells[column]!;
      if (value === "") continue;
      page.newLine();
      page.write(mark);
      if (column < header.length && header[column] !== "") {
        page.write(header[column]!);
        page.write(": ");
      }
      page.write(value);
      mark = "  ";
    }
  }

  private writeLine(mark: string, cells: readonly string[], count: number, between: string): void {
    this.page.newLine();
    this.page.write(mark);
    this.writeCells(cells, 0, count, between);
  }

  /** The cells from `first` on that hold something. */
  private writeCells(cells: readonly string[], first: number, count: number, between: string): void {
    const { page } = this;
    let isFirst = true;
    for (let column = first; column < count; column++) {
      const cell = cells[column]!;
      if (cell === "") continue;
      if (!isFirst) page.write(between);
      page.write(cell);
      isFirst = false;
    }
  }
}
