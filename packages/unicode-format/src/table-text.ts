/** A header cell up to this length, in UTF-16 units, is repeated in every row. */
const MAX_KEY = 40;

function joined(cells: readonly string[]): string {
  return cells.filter((cell) => cell !== "").join(" | ");
}

function pair(key: string | undefined, value: string): string {
  return key ? `${key}: ${value}` : value;
}

/** A row as a record: each cell behind its column's name. */
function record(header: readonly string[], row: readonly string[]): string[] {
  const lines: string[] = [];
  row.forEach((value, column) => {
    if (value !== "") lines.push(`${lines.length === 0 ? "• " : "  "}${pair(header[column], value)}`);
  });
  return lines;
}

/**
 * A table as lines for a narrow screen with proportional letters, where columns cannot be aligned. Two columns become
 * `key: value`; more become one record per row, with the column's name before each cell. A table whose header is too
 * long to repeat keeps one line per row.
 */
export function tableLines([header = [], ...rows]: readonly (readonly string[])[]): string[] {
  if (rows.length === 0 || header.some((cell) => cell.length > MAX_KEY)) return [header, ...rows].map(joined);
  if (header.length === 1) return [joined(header), ...rows.map((row) => `• ${joined(row)}`)];
  if (header.length > 2) return rows.flatMap((row) => record(header, row));
  const lines = rows.map(
    ([key = "", ...values]) =>
      `• ${key === "" ? joined(values) : values.some(Boolean) ? pair(key, joined(values)) : key}`,
  );
  return header.some(Boolean) ? [header.filter(Boolean).join(": "), ...lines] : lines;
}
