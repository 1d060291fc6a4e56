/** Work that nobody waits for while the channel runs, and everybody at its end. */
export function createBackground() {
  const running = new Set<Promise<void>>();
  return {
    add(work: Promise<void>): void {
      const tracked = work.finally(() => running.delete(tracked));
      running.add(tracked);
    },
    async settled(): Promise<void> {
      await Promise.allSettled(running);
    },
  };
}
