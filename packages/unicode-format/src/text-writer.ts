/** Levels that indent or bar their lines; deeper ones share the look of the last, as no phone has room for more. */
const MAX_LEVELS = 8;

interface Level {
  /** What the first line starts with, and the lines behind it. */
  readonly first: string;
  readonly rest: string;
  isFirstWritten: boolean;
}

/** Writes lines, each behind the marks of what encloses it. Line breaks wait for text, so none is left over. */
export class TextWriter {
  private text = "";
  /** Kept apart: to look into a text that is still growing would make the engine copy all of it. */
  private last = Number.NaN;
  private readonly levels: Level[] = [];
  /** 0: in a line; 1: a new line is due; 2: a blank line and a new one. */
  private due = 1;
  /** What a blank line that is due starts with: marks of what both neighbours stand in. */
  private blankPrefix = "";
  private isAfterHeading = false;

  /** Ends the block before. `spaced` asks for a blank line, which a heading's own text never has above it. */
  startBlock(spaced: boolean): void {
    const due = spaced && !this.isAfterHeading ? 2 : 1;
    if (this.due === 0 || due > this.due) this.blankPrefix = this.prefix(false).trimEnd();
    this.due = Math.max(this.due, due);
  }

  endHeading(): void {
    this.isAfterHeading = true;
  }

  enter(first: string, rest: string): void {
    const isShown = this.levels.length < MAX_LEVELS;
    this.levels.push({ first, rest: isShown ? rest : "", isFirstWritten: false });
  }

  /** Leaves the innermost level; its first mark is written even when nothing stands behind it. */
  leave(): void {
    const level = this.levels[this.levels.length - 1];
    if (level && !level.isFirstWritten && level.first.trim() !== "") this.startLine();
    this.levels.pop();
  }

  /** The last UTF-16 unit of the current line; NaN at its start. */
  get lastCode(): number {
    return this.due > 0 ? Number.NaN : this.last;
  }

  write(text: string): void {
    if (text === "") return;
    if (this.due > 0) this.startLine();
    this.text += text;
    this.last = text.charCodeAt(text.length - 1);
  }

  newLine(): void {
    this.due = Math.max(this.due, 1);
  }

  /** Writes lines as they are, at the margin: code is there to be copied. */
  writeVerbatim(text: string): void {
    if (this.levels.some((level) => !level.isFirstWritten && level.first.trim() !== "")) {
      this.startLine();
      this.due = 1;
    }
    this.breakLine();
    this.text += text;
    this.due = 1;
  }

  finish(): string {
    return this.text;
  }

  private breakLine(): void {
    if (this.text !== "") this.text += this.due === 2 ? `\n${this.blankPrefix}\n` : "\n";
    this.due = 0;
    this.isAfterHeading = false;
  }

  private startLine(): void {
    this.breakLine();
    if (this.levels.length > 0) this.text += this.prefix(true);
  }

  private prefix(isWriting: boolean): string {
    let prefix = "";
    for (const level of this.levels) {
      prefix += isWriting && !level.isFirstWritten ? level.first : level.rest;
      if (isWriting) level.isFirstWritten = true;
    }
    return prefix;
  }
}
