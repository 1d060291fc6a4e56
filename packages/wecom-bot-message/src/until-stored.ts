import type { Clock } from "@wxgate/core";

export interface UntilStoredOptions {
  readonly clock: Clock;
  /** When the last attempt begins, milliseconds since 1970; without it there is no last one. */
  readonly until?: number;
  readonly signal?: AbortSignal;
  /** Before each pause. */
  onFailure(error: unknown, failures: number): void;
}

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Stores what the platform sends only once, again and again while the store fails; soon at first, since most failures are
 * over in a moment.
 *
 * @param store is told how often it failed already
 * @throws what the last attempt threw; the signal's reason
 */
export async function untilStored<T>(
  store: (failures: number) => Promise<T>,
  { clock, until = Number.POSITIVE_INFINITY, signal, onFailure }: UntilStoredOptions,
): Promise<T> {
  for (let failures = 0; ; ) {
    try {
      return await store(failures);
    } catch (error) {
      const leftMs = until - clock.now();
      if (leftMs <= 0) throw error;
      failures += 1;
      onFailure(error, failures);
      await clock.sleep(Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS, leftMs), signal);
    }
  }
}
