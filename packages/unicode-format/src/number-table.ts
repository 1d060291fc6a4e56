/** The engine keeps arrays of up to 64 bytes among its objects, which costs less than memory of their own. */
const FIRST_CELLS = 16;
const GROWTH = 4;

/**
 * Rows of whole numbers of 32 bits, all of one width, that keep their memory when they are taken off. What a hostile text
 * has one of per character (a mark, a bracket) is a row here and no object.
 */
export class NumberTable {
  private readonly width: number;
  private cells: Int32Array = NO_CELLS;
  /** How many rows there are. */
  count = 0;

  constructor(width: number) {
    this.width = width;
  }

  /** Adds a row, whose cells hold anything until they are set, and returns its index. */
  add(): number {
    if ((this.count + 1) * this.width > this.cells.length) this.grow();
    return this.count++;
  }

  /** Adds a row to a table that is three wide. */
  addThree(first: number, second: number, third: number): number {
    const row = this.add();
    const { cells } = this;
    const at = 3 * row;
    cells[at] = first;
    cells[at + 1] = second;
    cells[at + 2] = third;
    return row;
  }

  get(row: number, column: number): number {
    return this.cells[row * this.width + column]!;
  }

  set(row: number, column: number, value: number): void {
    this.cells[row * this.width + column] = value;
  }

  private grow(): void {
    const cells = new Int32Array(Math.max(FIRST_CELLS, GROWTH * this.cells.length));
    cells.set(this.cells);
    this.cells = cells;
  }
}

const NO_CELLS = new Int32Array(0);
