import type { Clock } from "@wxgate/core";
import { TooLate } from "./errors.ts";

/** Runs `work` with a signal that also fires after `ms`; the limit covers the reading of a body inside `work`. */
export async function withTimeLimit<T>(
  clock: Clock,
  ms: number,
  signal: AbortSignal | undefined,
  work: (limit: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const over = new AbortController();
  const signals = (own: AbortSignal) => (signal === undefined ? own : AbortSignal.any([signal, own]));
  clock
    .sleep(ms, signals(over.signal))
    .then(() => late.abort(new TooLate(ms)))
    .catch(() => {
      // Done in time, or stopped.
    });
  try {
    return await work(signals(late.signal));
  } catch (error) {
    signal?.throwIfAborted();
    throw late.signal.aborted ? late.signal.reason : error;
  } finally {
    over.abort();
  }
}
