/**
 * One piece of work that many callers wait for. A caller who aborts leaves alone; the work itself is aborted when the
 * last one has left, unless somebody wanted it in the background.
 */
export interface Flight<T> {
  join(signal?: AbortSignal): Promise<T>;
  /** Keeps the work going without a caller. */
  keep(): void;
  /** Everybody left and the work was aborted: who comes now starts another. */
  readonly abandoned: boolean;
}

export function startFlight<T>(work: (signal: AbortSignal) => Promise<T>): Flight<T> {
  const controller = new AbortController();
  const result = work(controller.signal);
  // Each caller hears of a failure through `join`; a flight nobody waits for any more must not crash the process.
  result.catch(() => undefined);
  let waiting = 0;
  let kept = false;

  async function join(signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    waiting += 1;
    try {
      return await (signal ? orAborted(result, signal) : result);
    } finally {
      waiting -= 1;
      if (waiting === 0 && !kept && signal?.aborted) controller.abort(signal.reason);
    }
  }

  return {
    join,
    keep() {
      kept = true;
    },
    get abandoned() {
      return controller.signal.aborted;
    },
  };
}

function orAborted<T>(result: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
