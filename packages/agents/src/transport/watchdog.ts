import type { Clock } from "@wxgate/core";

export interface Watchdog {
  /** The silence counts from now. */
  arm(): void;
  /** Nobody waits: silence is ours, not theirs. */
  disarm(): void;
}

/** Calls `onSilence` once when `limitMs` pass between `arm` and the next `arm` or `disarm`, until the signal fires. One timer in all. */
export function createWatchdog(clock: Clock, limitMs: number, signal: AbortSignal, onSilence: () => void): Watchdog {
  let armedAt: number | undefined;

  async function watch(): Promise<void> {
    for (;;) {
      const leftMs = armedAt === undefined ? limitMs : armedAt + limitMs - clock.now();
      if (leftMs <= 0) return onSilence();
      await clock.sleep(leftMs, signal);
    }
  }

  watch().catch(() => {
    // The signal ends the sleep by rejecting it.
  });
  return {
    arm() {
      armedAt = clock.now();
    },
    disarm() {
      armedAt = undefined;
    },
  };
}
