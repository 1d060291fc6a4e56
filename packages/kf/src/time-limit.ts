import type { Clock } from "@wxgate/core";

/** Runs `work` with a signal that also fires after `ms`. */
export async function withTimeLimit<T>(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
  work: (limit: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const over = new AbortController();
  clock
    .sleep(ms, AbortSignal.any([signal, over.signal]))
    .then(() => late.abort(new Error(`no answer within ${ms} ms`)))
    .catch(() => {
      // Done in time, or stopped.
    });
  try {
    return await work(AbortSignal.any([signal, late.signal]));
  } finally {
    over.abort();
  }
}
