/** A header cell up to this length, in UTF-16 units, is repeated in every row. */
const MAX_KEY = 40;

/** The cells from `first` on that hold something. */
function joined(cells: readonly string[], first = 0): string {
  let line = "";
  for (let column = first; column < cells.length; column++) {
    const cell = cells[column]!;
    if (cell !== "") line = line === "" ? cell : `${line} | ${cell}`;
  }
  return line;
}

/** A row of two columns: the first cell is the name of the second. */
function pair(row: readonly string[]): string {
  const key = row[0] ?? "";
  const value = joined(row, 1);
  return `• ${key}${key !== "" && value !== "" ? ": " : ""}${value}`;
}

/** A row as a record: each cell behind its column's name. */
function addRecord(lines: string[], header: readonly string[], row: readonly string[]): void {
  let mark = "• ";
  for (let column = 0; column < row.length; column++) {
    const value = row[column]!;
    if (value === "") continue;
    const key = header[column];
    lines.push(key ? `${mark}${key}: ${value}` : mark + value);
    mark = "  ";
  }
}

/**
 * A table as lines for a narrow screen with proportional letters, where columns cannot be aligned. Two columns become
 * `key: value`; more become one record per row, with the column's name before each cell. A table whose header is too
 * long to repeat keeps one line per row.
 */
export function tableLines(rows: readonly (readonly string[])[]): string[] {
  const header = rows[0] ?? [];
  if (rows.length < 2 || header.some((cell) => cell.length > MAX_KEY)) return rows.map((row) => joined(row));
  const columns = header.length;
  const lines: string[] = [];
  if (columns === 1) lines.push(joined(header));
  else if (columns === 2 && header.some(Boolean)) lines.push(header.filter(Boolean).join(": "));
  for (let index = 1; index < rows.length; index++) {
    const row = rows[index]!;
    if (columns > 2) addRecord(lines, header, row);
    else lines.push(columns === 2 ? pair(row) : `• ${joined(row)}`);
  }
  return lines;
}
