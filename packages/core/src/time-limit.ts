import type { Clock } from "./ports.ts";

/** Made once: an abort without a reason makes an error with a stack for every call. */
const OVER = new Error("the work is over");

/** Nothing came in time. */
export class TooLate extends Error {
  constructor(ms: number) {
    super(`no answer within ${ms} ms`);
    this.name = "TooLate";
  }
}

/**
 * Runs `work` with a signal that also fires after `ms`, and waits no longer than that even if the work is deaf to it. The
 * signal fires at the end as well.
 *
 * @throws what the work throws; the caller's reason; TooLate
 */
export async function withTimeLimit<T>(
  clock: Clock,
  ms: number,
  signal: AbortSignal | undefined,
  work: (limit: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  // One controller, not AbortSignal.any: that and its weak references cost more than many a call.
  const limit = new AbortController();
  const stop = () => limit.abort(signal?.reason);
  signal?.addEventListener("abort", stop, { once: true });
  const timeUp = clock.sleep(ms, limit.signal).then((): never => {
    const reason = new TooLate(ms);
    limit.abort(reason);
    throw reason;
  });
  try {
    return await Promise.race([work(limit.signal), timeUp]);
  } catch (error) {
    throw limit.signal.aborted ? limit.signal.reason : error;
  } finally {
    signal?.removeEventListener("abort", stop);
    limit.abort(OVER);
  }
}
