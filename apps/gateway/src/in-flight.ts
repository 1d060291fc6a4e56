/** Counts work that is under way, so that what it uses is not taken away in the middle of it. */
export interface InFlight {
  enter(): void;
  leave(): void;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

export function createInFlight(): InFlight {
  let count = 0;
  let waiting: (() => void)[] = [];

  return {
    enter() {
      count++;
    },
    leave() {
      count--;
      if (count > 0) return;
      const resolved = waiting;
      waiting = [];
      for (const resolve of resolved) resolve();
    },
    idle: () => (count === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
}
