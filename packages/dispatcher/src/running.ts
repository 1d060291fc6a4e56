interface Place<Item> {
  readonly item: Item;
  before: Place<Item> | undefined;
  after: Place<Item> | undefined;
}

/**
 * What goes on now, for collections that live long and change with every message.
 *
 * Not a Set and not a Map: each table of those points to the one that replaced it, so that behind one table in V8's old
 * space everything that ever stood in a later one survives until the next full collection.
 */
export class Running<Item> {
  #first: Place<Item> | undefined;
  #last: Place<Item> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @returns takes the item out again; once is enough, more often does no harm */
  add(item: Item): () => void {
    const place: Place<Item> = { item, before: this.#last, after: undefined };
    if (this.#last === undefined) this.#first = place;
    else this.#last.after = place;
    this.#last = place;
    this.#size += 1;
    let isIn = true;
    return () => {
      if (isIn) this.#remove(place);
      isIn = false;
    };
  }

  /** What goes on at this moment; what leaves while it is walked is met all the same. */
  [Symbol.iterator](): IterableIterator<Item> {
    const items: Item[] = [];
    for (let place = this.#first; place !== undefined; place = place.after) items.push(place.item);
    return items.values();
  }

  #remove(place: Place<Item>): void {
    const { before, after } = place;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    // What has ended must not hold what goes on.
    place.before = undefined;
    place.after = undefined;
    this.#size -= 1;
  }
}
