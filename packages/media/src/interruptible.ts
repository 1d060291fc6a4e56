/**
 * Passes a stream on until the signal fires; then it ends with the signal's reason at once, also while the source is
 * silent. The source is told to stop, but not waited for.
 */
export async function* interruptible(
  source: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  let interrupt: (() => void) | undefined;
  const onAbort = () => interrupt?.();
  signal?.addEventListener("abort", onAbort);

  // One promise per chunk: racing each against a single long-lived one would keep every chunk in memory.
  const next = () =>
    new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
      signal?.throwIfAborted();
      interrupt = () => reject(signal?.reason);
      iterator.next().then(resolve, reject);
    });

  try {
    for (let result = await next(); !result.done; result = await next()) yield result.value;
  } finally {
    signal?.removeEventListener("abort", onAbort);
    // Its own failure has been thrown above, or nobody reads on.
    iterator.return?.().then(undefined, () => undefined);
  }
}
