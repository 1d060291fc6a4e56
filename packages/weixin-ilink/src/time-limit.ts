import type { Clock } from "@wxgate/core";
import { TooLate } from "./errors.ts";

/**
 * Runs `work` with a signal that also fires after `ms`, and waits no longer than that even if the work is deaf to it: a
 * body that stalls must not hold a poll for good.
 */
export async function withTimeLimit<T>(
  clock: Clock,
  ms: number,
  signal: AbortSignal | undefined,
  work: (limit: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const over = new AbortController();
  const signals = (own: AbortSignal) => (signal === undefined ? own : AbortSignal.any([signal, own]));
  const timeUp = clock.sleep(ms, signals(over.signal)).then((): never => {
    const reason = new TooLate(ms);
    late.abort(reason);
    throw reason;
  });
  try {
    return await Promise.race([work(signals(late.signal)), timeUp]);
  } catch (error) {
    signal?.throwIfAborted();
    throw late.signal.aborted ? late.signal.reason : error;
  } finally {
    over.abort();
  }
}
