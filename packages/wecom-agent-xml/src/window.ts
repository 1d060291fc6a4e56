export interface Window {
  /** When `amount` more fit in. */
  freeAt(amount: number, now: number): number;
  add(amount: number, now: number): void;
  isEmpty(now: number): boolean;
}

const SLICES = 60;
const SWEEP_AT = 1_000;

/** One value for each key, made when it is first asked for; those that are `idle` are let go of now and then. */
export function createByKey<T>(make: () => T, isIdle: (value: T, now: number) => boolean) {
  const entries = new Map<string, { readonly value: T; readonly madeAt: number }>();

  /** What was made at this moment is about to be used. */
  function sweep(now: number): void {
    for (const [key, { value, madeAt }] of entries) if (madeAt < now && isIdle(value, now)) entries.delete(key);
  }

  return function entryOf(key: string, now: number): T {
    const known = entries.get(key);
    if (known !== undefined) return known.value;
    if (entries.size > 0 && entries.size % SWEEP_AT === 0) sweep(now);
    const value = make();
    entries.set(key, { value, madeAt: now });
    return value;
  };
}

/** Counts over a sliding time in slices, in constant memory. What is more than the limit fits into an empty window. */
export function createWindow(lengthMs: number, limit: number): Window {
  const sliceMs = lengthMs / SLICES;
  let slices: { readonly index: number; amount: number }[] = [];

  function drop(now: number): void {
    const oldest = Math.floor(now / sliceMs) - SLICES;
    // The oldest slice may hold what is just within the time.
    slices = slices.filter(({ index }) => index >= oldest);
  }

  return {
    freeAt(amount, now) {
      drop(now);
      let total = slices.reduce((sum, slice) => sum + slice.amount, 0);
      if (total + amount <= limit || slices.length === 0) return now;
      for (const { index, amount: gone } of slices) {
        total -= gone;
        if (total + amount <= limit || total === 0) return (index + SLICES + 1) * sliceMs;
      }
      return now;
    },
    add(amount, now) {
      const index = Math.floor(now / sliceMs);
      const last = slices.at(-1);
      if (last?.index === index) last.amount += amount;
      else slices.push({ index, amount });
    },
    isEmpty(now) {
      drop(now);
      return slices.length === 0;
    },
  };
}
