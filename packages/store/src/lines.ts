/** Runs what shares a key one after the other, in the order it came, and everything else side by side. */
export function createLines(): <T>(keys: ReadonlySet<string>, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();

  return async (keys, work) => {
    const running = Promise.allSettled([...keys].map((key) => last.get(key))).then(work);
    for (const key of keys) last.set(key, running);
    try {
      return await running;
    } finally {
      for (const key of keys) if (last.get(key) === running) last.delete(key);
    }
  };
}
