import type { Clock } from "@wxgate/core";

/** Made once: an abort without a reason makes an error with a stack for every turn. */
const AT_REST = new Error("it rests");

/** Something that goes on beside a turn, and rests while a person is asked. */
export interface Activity {
  rest(): void;
  goOn(): void;
  end(): Promise<void>;
}

/** Calls `onOver` once it went on for `limitMs`, however often it rested between, unless `signal` fires first. */
export function limitTime(clock: Clock, limitMs: number, signal: AbortSignal, onOver: () => void): Activity {
  let leftMs = limitMs;
  let startedAt: number | undefined;
  let timers = 0;
  async function time(mine: number): Promise<void> {
    try {
      await clock.sleep(leftMs, signal);
    } catch {
      // The turn ended first.
      return;
    }
    // A timer that was overtaken by a rest runs out unheard: that costs less than a signal of its own for every turn.
    if (mine === timers) onOver();
  }
  function rest(): void {
    if (startedAt !== undefined) leftMs = Math.max(0, leftMs - (clock.now() - startedAt));
    startedAt = undefined;
    timers += 1;
  }
  return {
    rest,
    goOn() {
      rest();
      startedAt = clock.now();
      void time(timers);
    },
    async end() {
      rest();
    },
  };
}

/** `work` runs until its signal fires, and begins anew after each rest. It must not reject. */
export function startable(work: (signal: AbortSignal) => Promise<void>): Activity {
  let running: AbortController | undefined;
  let done: Promise<void> = Promise.resolve();
  const rest = () => running?.abort(AT_REST);
  return {
    rest,
    goOn() {
      rest();
      running = new AbortController();
      done = work(running.signal);
    },
    async end() {
      rest();
      await done;
    },
  };
}
