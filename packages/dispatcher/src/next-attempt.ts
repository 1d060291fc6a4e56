import { type ClaimedTurn, type Clock, type Random, RejectedError } from "@wxgate/core";
import { isResting } from "./ask-in-order.ts";
import { backoffMs, waitOf } from "./retry.ts";

/** Made in any case, however long they take. */
const ATTEMPTS = 5;
/** So often that an agent which comes back is noticed soon. */
const BACKOFF = { firstMs: 1_000, longestMs: 15_000 };

export interface NextAttempt {
  readonly waitMs: number;
  /** The one that failed does not count. */
  readonly keepAttempt: boolean;
}

export interface NextAttemptOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly turnTimeoutMs: number;
  /** How long an agent may be away, as for a restart, before its turns fail. */
  readonly turnRetryMs: number;
  /** When this process began to work: an agent on the same machine may begin later. */
  readonly startedAt: number;
}

/** When a turn that failed with `error` is tried again; undefined when it has failed for good. */
export function nextAttempt(
  { attempt, createdAt, failingSince }: Pick<ClaimedTurn, "attempt" | "createdAt" | "failingSince">,
  error: unknown,
  { clock, random, turnTimeoutMs, turnRetryMs, startedAt }: NextAttemptOptions,
): NextAttempt | undefined {
  if (error instanceof RejectedError) return undefined;
  const now = clock.now();
  const mayStillWait = now - Math.max(failingSince ?? now, startedAt) < turnRetryMs;
  if (attempt >= ATTEMPTS && !mayStillWait) return undefined;
  const pauseMs = backoffMs(attempt, BACKOFF, random);
  const wantedMs = waitOf(error, now);
  // Whoever asks to be asked again at once is believed a few times.
  const waitMs = attempt < ATTEMPTS ? (wantedMs ?? pauseMs) : Math.max(wantedMs ?? 0, pauseMs);
  // A turn that found every agent resting was no attempt, as long as the person may be kept waiting.
  return { waitMs, keepAttempt: isResting(error) && now - createdAt < turnTimeoutMs };
}
