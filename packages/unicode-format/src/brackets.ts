import { NumberTable } from "./number-table.ts";

/** The columns of a bracket. */
const INLINE = 0;
const CONTENT = 1;
const DELIMITER = 2;
const MARKS = 3;
const COLUMNS = 4;

/** Bits of the marks. */
const IS_IMAGE = 1;
const HOLDS_BRACKET = 2;

/** The `[` and `![` that may still open a link or image, the innermost on top. */
export class Brackets {
  private readonly rows = new NumberTable(COLUMNS);
  /** `[` below this height cannot open a link: links hold no links. */
  private deadBelow = 0;
  /** Of the bracket that was closed last: where it waits among the inlines, where what it holds starts … */
  inline = 0;
  content = 0;
  /** … the delimiter before it … */
  delimiter = 0;
  /** … and whether it is `![`, and holds another bracket. */
  isImage = false;
  holdsBracket = false;

  clear(): void {
    this.rows.count = 0;
    this.deadBelow = 0;
  }

  open(isImage: boolean, inline: number, content: number, delimiter: number): void {
    const { rows } = this;
    const enclosing = rows.count - 1;
    if (enclosing >= 0) rows.set(enclosing, MARKS, rows.get(enclosing, MARKS) | HOLDS_BRACKET);
    const row = rows.add();
    rows.set(row, INLINE, inline);
    rows.set(row, CONTENT, content);
    rows.set(row, DELIMITER, delimiter);
    rows.set(row, MARKS, isImage ? IS_IMAGE : 0);
  }

  /** Closes the innermost bracket. Returns whether there was one, and it may still make a link or image. */
  close(): boolean {
    const { rows } = this;
    if (rows.count === 0) return false;
    const row = --rows.count;
    const isDead = row < this.deadBelow;
    if (isDead) this.deadBelow = row;
    const marks = rows.get(row, MARKS);
    this.inline = rows.get(row, INLINE);
    this.content = rows.get(row, CONTENT);
    this.delimiter = rows.get(row, DELIMITER);
    this.isImage = (marks & IS_IMAGE) !== 0;
    this.holdsBracket = (marks & HOLDS_BRACKET) !== 0;
    return this.isImage || !isDead;
  }

  /** The bracket that was closed last made a link: those around it make none. */
  endLink(): void {
    this.deadBelow = this.rows.count;
  }
}
