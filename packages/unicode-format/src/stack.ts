/**
 * A stack that keeps its slots. An array gives its memory back when it is popped empty and asks for it again at the next
 * push: for what opens and closes with every item, link or line that costs more than the rest of the work.
 */
export class Stack<T> {
  private readonly slots: T[] = [];
  size = 0;

  /** Returns the item's index. */
  push(item: T): number {
    this.slots[this.size] = item;
    return this.size++;
  }

  pop(): T | undefined {
    return this.size > 0 ? this.slots[--this.size] : undefined;
  }

  at(index: number): T | undefined {
    return index >= 0 && index < this.size ? this.slots[index] : undefined;
  }

  get top(): T | undefined {
    return this.size > 0 ? this.slots[this.size - 1] : undefined;
  }

  clear(): void {
    this.size = 0;
  }
}
