import type { Clock } from "@wxgate/core";

/** Made once: an abort without a reason makes an error with a stack for every turn. */
const AT_REST = new Error("it rests");

/** Something that goes on beside a turn, and rests while a person is asked. */
export interface Activity {
  rest(): void;
  goOn(): void;
  end(): Promise<void>;
}

/** Calls `onOver` once it went on for `limitMs`, however often it rested between. */
export function limitTime(clock: Clock, limitMs: number, onOver: () => void): Activity {
  let leftMs = limitMs;
  let startedAt = clock.now();
  const timer = startable((signal) =>
    clock.sleep(leftMs, signal).then(onOver, () => {
      // It rests, or the turn ended first.
    }),
  );
  return {
    rest() {
      timer.rest();
      leftMs = Math.max(0, leftMs - (clock.now() - startedAt));
    },
    goOn() {
      startedAt = clock.now();
      timer.goOn();
    },
    end: timer.end,
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
