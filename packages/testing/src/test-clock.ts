import type { Clock } from "@wxgate/core";

/** Time that moves only when the test says so. */
export interface TestClock extends Clock {
  /** Moves on, waking sleepers in their order, and lets what they set going come to rest each time. */
  advance(ms: number): Promise<void>;
  /** Sleepers that wait now. */
  readonly sleeping: number;
}

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

export function createTestClock(startsAt: number): TestClock {
  let now = startsAt;
  const sleepers = new Set<Sleeper>();

  function next(until: number): Sleeper | undefined {
    let first: Sleeper | undefined;
    for (const sleeper of sleepers) {
      if (sleeper.at <= until && (first === undefined || sleeper.at < first.at)) first = sleeper;
    }
    return first;
  }

  return {
    now: () => now,
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const sleeper: Sleeper = { at: now + Math.max(0, ms), wake: () => settle(resolve) };
        const onAbort = () => settle(() => reject(signal?.reason));
        function settle(then: () => void): void {
          sleepers.delete(sleeper);
          signal?.removeEventListener("abort", onAbort);
          then();
        }
        signal?.addEventListener("abort", onAbort, { once: true });
        sleepers.add(sleeper);
      });
    },
    async advance(ms) {
      const until = now + ms;
      for (;;) {
        await settled();
        const sleeper = next(until);
        if (sleeper === undefined) break;
        now = Math.max(now, sleeper.at);
        sleeper.wake();
      }
      now = until;
      await settled();
    },
    get sleeping() {
      return sleepers.size;
    },
  };
}

/** Lets promises and faked input and output that are under way come to rest. */
export async function settled(turns = 12): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
