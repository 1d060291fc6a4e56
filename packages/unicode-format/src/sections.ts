/**
 * How much of a long text is read at once, in UTF-16 units: memory for all of it would have to be asked for, and costs more
 * than reading it.
 */
const SECTION_LENGTH = 16_384;

/**
 * Where the section that starts at `from` ends, or goes on to when `read` units of it were read already: behind a blank
 * line if it can, as few blocks go on there, and behind a line in any case.
 */
export function sectionEnd(text: string, from: number, read: number): number {
  const end = from + Math.max(SECTION_LENGTH, 2 * read);
  if (end >= text.length) return text.length;
  const blank = text.slice(from + read, end).lastIndexOf("\n\n");
  if (blank >= 0) return from + read + blank + 2;
  const line = text.indexOf("\n", end);
  return line < 0 ? text.length : line + 1;
}
