import type { Clock } from "@wxgate/core";
import { TooLate } from "./errors.ts";

/** Made once: an abort without a reason makes an error with a stack for every call. */
const OVER = new Error("the call is over");

/**
 * Runs `work` with a signal that also fires after `ms`, and waits no longer than that even if the work is deaf to it: a
 * body that stalls must not hold a poll for good. The signal fires at the end as well.
 */
export async function withTimeLimit<T>(
  clock: Clock,
  ms: number,
  signal: AbortSignal | undefined,
  work: (limit: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  // One controller, not AbortSignal.any: that and its weak references cost more than the call itself.
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
