import { setMaxListeners } from "node:events";

/** Work that nobody waits for while it runs, and everybody at the end. */
export interface Background {
  /** Its signal fires at the end. `work` must not reject: whoever begins it knows what a failure means. */
  start(work: (signal: AbortSignal) => Promise<void>): void;
  /** Tells what runs that it is to end, and resolves when it has, with all that it began meanwhile. */
  close(): Promise<void>;
}

export function createBackground(): Background {
  const closing = new AbortController();
  // One listener for each thing under way; that is no leak.
  setMaxListeners(0, closing.signal);
  const running = new Set<Promise<void>>();

  return {
    start(work) {
      const tracked = work(closing.signal).finally(() => running.delete(tracked));
      running.add(tracked);
    },
    async close() {
      closing.abort();
      while (running.size > 0) await Promise.all(running);
    },
  };
}
