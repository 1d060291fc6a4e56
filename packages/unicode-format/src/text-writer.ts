import { Stack } from "./stack.ts";
import { TextBuffer } from "./text-buffer.ts";

/** Levels that indent or bar their lines; deeper ones share the look of the last, as no phone has room for more. */
const MAX_LEVELS = 8;

interface Level {
  /** What its first line starts with. */
  readonly first: string;
  /** What all levels up to this one put before the lines behind the first. */
  readonly rest: string;
}

/** Writes lines, each behind the marks of what encloses it. Line breaks wait for text, so none is left over. */
export class TextWriter {
  private readonly sink = new TextBuffer();
  private readonly levels = new Stack<Level>();
  /** What the open levels put before a line. */
  private rest = "";
  /** How many levels, from the innermost outwards, have not written their first line. */
  private fresh = 0;
  private lastText = "";
  /** 0: in a line; 1: a new line is due; 2: a blank line and a new one. */
  private due = 1;
  /** What a blank line that is due starts with: marks of what both neighbours stand in. */
  private blankPrefix = "";
  private isAfterHeading = false;

  /** Ends the block before. `spaced` asks for a blank line, which a heading's own text never has above it. */
  startBlock(spaced: boolean): void {
    if (!spaced || this.isAfterHeading) this.newLine();
    else if (this.due < 2) {
      this.due = 2;
      this.blankPrefix = this.rest === "" ? "" : this.rest.trimEnd();
    }
  }

  endHeading(): void {
    this.isAfterHeading = true;
  }

  enter(first: string, rest: string): void {
    if (this.levels.size < MAX_LEVELS) this.rest += rest;
    this.levels.push({ first, rest: this.rest });
    this.fresh++;
  }

  /** Leaves the innermost level; its first mark is written even when nothing stands behind it. */
  leave(): void {
    if (this.fresh > 0) this.startLine();
    this.levels.pop();
    this.rest = this.levels.top?.rest ?? "";
  }

  /** The last UTF-16 unit of the current line; -1 at its start. */
  get lastCode(): number {
    return this.due > 0 ? -1 : this.lastText.charCodeAt(this.lastText.length - 1);
  }

  write(text: string): void {
    if (text === "") return;
    if (this.due > 0) this.startLine();
    this.sink.append(text);
    this.lastText = text;
  }

  /** Writes lines; where nothing stands before them, they are one piece of text. */
  writeLines(text: string): void {
    let from = 0;
    if (this.rest !== "") {
      for (let to = text.indexOf("\n"); to >= 0; to = text.indexOf("\n", from)) {
        this.write(text.slice(from, to));
        this.newLine();
        from = to + 1;
      }
    }
    this.write(from === 0 ? text : text.slice(from));
  }

  newLine(): void {
    if (this.due === 0) this.due = 1;
  }

  /** Writes lines as they are, at the margin: code is there to be copied. */
  writeVerbatim(text: string): void {
    if (this.fresh > 0) {
      this.startLine();
      this.due = 1;
    }
    this.breakLine();
    this.sink.append(text);
    this.due = 1;
  }

  /** What was written, and an empty page. */
  take(): string {
    this.due = 1;
    return this.sink.take();
  }

  private breakLine(): void {
    if (this.sink.length > 0) {
      if (this.due < 2) this.sink.append("\n");
      else this.sink.append(this.blankPrefix === "" ? "\n\n" : `\n${this.blankPrefix}\n`);
    }
    this.due = 0;
    this.isAfterHeading = false;
  }

  private startLine(): void {
    this.breakLine();
    if (this.fresh === 0) {
      if (this.rest !== "") this.sink.append(this.rest);
      return;
    }
    const { levels, sink } = this;
    const outermost = levels.size - this.fresh;
    const outer = levels.at(outermost - 1)?.rest ?? "";
    if (outer !== "") sink.append(outer);
    for (let index = outermost; index < levels.size; index++) sink.append(levels.at(index)!.first);
    this.fresh = 0;
  }
}
