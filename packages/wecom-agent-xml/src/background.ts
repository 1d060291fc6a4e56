import { setMaxListeners } from "node:events";

/** Work that nobody waits for, but that ends with the channel. */
export interface Background {
  /** `work` must not reject. */
  start(work: (signal: AbortSignal) => Promise<void>): void;
  close(): Promise<void>;
}

export function createBackground(): Background {
  const stop = new AbortController();
  // One listener for each thing under way; that is no leak.
  setMaxListeners(0, stop.signal);
  const running = new Set<Promise<void>>();

  return {
    start(work) {
      const run = work(stop.signal).finally(() => running.delete(run));
      running.add(run);
    },
    async close() {
      stop.abort();
      await Promise.all(running);
    },
  };
}
