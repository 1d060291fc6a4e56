import type { Clock } from "@wxgate/core";

/** How long addresses that cannot be reached are tried, over all the attempts of whoever needs them. */
export interface Patience {
  /** True: it failed so often and for so long that nothing more is expected of it. */
  failed(url: string): boolean;
  worked(url: string): void;
}

interface Failures {
  readonly since: number;
  last: number;
  count: number;
}

const GIVEN_UP = { tries: 3, afterMs: 2 * 60_000 };
/** An address that was left alone for this long is a new one. */
const FORGOTTEN_MS = 60 * 60_000;
const MOST_KNOWN = 1_000;

export function createPatience({ now }: Pick<Clock, "now">): Patience {
  const failing = new Map<string, Failures>();

  function forgetOldest(): void {
    const [oldest] = failing.keys();
    if (failing.size >= MOST_KNOWN && oldest !== undefined) failing.delete(oldest);
  }

  return {
    failed(url) {
      const at = now();
      const known = failing.get(url);
      const failures =
        known === undefined || at - known.last > FORGOTTEN_MS ? { since: at, last: at, count: 0 } : known;
      failures.count += 1;
      failures.last = at;
      if (known === undefined) forgetOldest();
      failing.set(url, failures);
      return failures.count >= GIVEN_UP.tries && at - failures.since >= GIVEN_UP.afterMs;
    },
    worked: (url) => void failing.delete(url),
  };
}
