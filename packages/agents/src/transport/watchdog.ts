import type { Clock } from "@wxgate/core";

/** Made once: an abort without a reason makes an error with a stack each time. */
const STOPPED = new Error("the watchdog was stopped");

export interface Watchdog {
  /** The silence counts from now. */
  arm(): void;
  /** Nobody waits: silence is ours, not theirs. */
  disarm(): void;
  stop(): void;
}

/** Calls `onSilence` once when `limitMs` pass between `arm` and the next `arm`, `disarm` or `stop`. One timer in all. */
export function createWatchdog(clock: Clock, limitMs: number, onSilence: () => void): Watchdog {
  const stopped = new AbortController();
  let armedAt: number | undefined;

  async function watch(): Promise<void> {
    for (;;) {
      const leftMs = armedAt === undefined ? limitMs : armedAt + limitMs - clock.now();
      if (leftMs <= 0) return onSilence();
      await clock.sleep(leftMs, stopped.signal);
    }
  }

  watch().catch(() => {
    // `stop` ends the sleep by rejecting it.
  });
  return {
    arm() {
      armedAt = clock.now();
    },
    disarm() {
      armedAt = undefined;
    },
    stop: () => stopped.abort(STOPPED),
  };
}
