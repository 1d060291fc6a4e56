import { isSpaceOrTab } from "./characters.ts";
import { UnitText } from "./unit-text.ts";

const LF = 0x0a;

/**
 * The lines of one block. Where they follow each other in the source with nothing between them, as they mostly do, they
 * are one range of it; only what has marks or indentation before its lines is cut out and joined.
 */
export class SourceLines {
  private readonly source: UnitText;
  private readonly joined = new UnitText();
  /** The lines before the range. */
  private readonly parts: string[] = [];
  private hasRange = false;
  private from = 0;
  private to = 0;
  /** Where the line that was added last starts in the source. */
  lastFrom = 0;

  constructor(source: UnitText) {
    this.source = source;
  }

  /** Where the line that was added last ends in the source. */
  get lastTo(): number {
    return this.to;
  }

  get isEmpty(): boolean {
    return !this.hasRange && this.parts.length === 0;
  }

  /** Adds the line that holds `from`, up to its end, `to`. */
  add(from: number, to: number): void {
    if (!this.hasRange || from !== this.to + 1) {
      this.endRange();
      this.from = from;
      this.hasRange = true;
    }
    this.to = to;
    this.lastFrom = from;
  }

  /** Adds a line that does not stand in the source like this. */
  addText(line: string): void {
    this.endRange();
    this.parts.push(line);
  }

  /** Cuts the lines out of the source, whose units are needed no longer. */
  letGo(): void {
    this.endRange();
  }

  /** Takes the last line off again, which must have been added by `add`. */
  dropLast(): void {
    if (this.lastFrom === this.from) this.hasRange = false;
    else this.to = this.lastFrom - 1;
  }

  /** The lines as a part to be read: of the source, or of a text of their own, which the next call writes over. */
  part(): UnitText {
    const { source, joined } = this;
    if (this.hasRange && this.parts.length === 0) {
      source.readPart(this.from, this.to);
      return source;
    }
    joined.load(this.text());
    return joined;
  }

  text(): string {
    const { source, parts } = this;
    if (this.hasRange && parts.length === 0) return source.slice(this.from, this.to);
    this.endRange();
    return parts.join("\n");
  }

  clear(): void {
    if (this.parts.length > 0) this.parts.length = 0;
    this.hasRange = false;
  }

  private endRange(): void {
    if (this.hasRange) this.parts.push(this.source.slice(this.from, this.to));
    this.hasRange = false;
  }
}

/** Where a part ends without the blank lines at its end, which belong to no indented code block. */
export function blankEnd({ units, start, end }: UnitText): number {
  let at = end;
  while (at > start && (isSpaceOrTab(units[at - 1]!) || units[at - 1] === LF)) at--;
  while (at < end && units[at] !== LF) at++;
  return at;
}
