import type { UnitText } from "./unit-text.ts";

/** What inline text is written to: a page, or a cell of a table. */
export interface LineWriter {
  /** The last UTF-16 unit of the current line; -1 at its start. */
  readonly lastCode: number;
  write(text: string): void;
  writeUnit(unit: number): void;
  /** Writes `units[from]` to `units[to - 1]`, which are part of a line. */
  writeUnits(units: Uint16Array, from: number, to: number): void;
  /** Writes the lines from `from` to `to`. */
  writeLines(source: UnitText, from: number, to: number): void;
  newLine(): void;
}
