import { type Random, TransientError } from "@wxgate/core";

export interface Backoff {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** Doubles from `firstMs` up to `longestMs`, 20 % either way so that many do not come back at once. */
export function backoffMs(attempt: number, backoff: Backoff, random: Random): number {
  const plain = Math.min(backoff.longestMs, backoff.firstMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round(plain * (0.8 + 0.4 * random.fraction()));
}

/** The moment the error itself names, else undefined. */
export function waitOf(error: unknown, nowMs: number): number | undefined {
  if (!(error instanceof TransientError) || typeof error.until === "string" || error.until.at === undefined)
    return undefined;
  return Math.max(0, error.until.at.getTime() - nowMs);
}
