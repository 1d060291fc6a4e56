import type { Clock } from "@wxgate/core";

export const systemClock: Clock = {
  now: () => Date.now(),
  // Not the sleep of timers/promises: that makes an error with a stack for every sleep that is cut short, which most are.
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const wake = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", wake);
        resolve();
      }, ms);
      signal?.addEventListener("abort", wake, { once: true });
    }),
};
