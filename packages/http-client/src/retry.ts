import { setTimeout as sleep } from "node:timers/promises";
import { HttpError } from "./errors.ts";
import { isIdempotent, isReplayable, type OutboundRequest } from "./request.ts";
import type { SentMark } from "./send.ts";

export interface RetryPolicy {
  readonly retries: number;
  readonly retryDelayMs: number;
}

const MAX_DELAY_MS = 30_000;
/** A gateway in front of the server gave up: the request itself may well be fine. */
const PASSING_STATUSES = new Set([502, 503, 504]);
const PASSING_FAILURES = new Set(["http.connect", "http.connection-lost", "http.dns", "http.proxy", "http.timeout"]);

/**
 * Repeats what may be repeated: a request that certainly did not reach the server, whatever its method, and an
 * idempotent one (GET, HEAD, OPTIONS, PUT, DELETE) also after a broken exchange or a 502, 503, 504. Never a body that
 * is a stream. The pause doubles each time and is drawn between one and two of that, at most 30 s.
 */
export async function withRetries(
  request: OutboundRequest,
  { retries, retryDelayMs }: RetryPolicy,
  mark: SentMark,
  attempt: () => Promise<Response>,
): Promise<Response> {
  const idempotent = isIdempotent(request.method);
  const mayRepeat = (error: unknown) =>
    error instanceof HttpError && (mark.sent === "no" || idempotent) && PASSING_FAILURES.has(error.code);
  const most = isReplayable(request.body) ? retries : 0;
  for (let repeats = 0; ; repeats += 1) {
    const isLast = repeats === most;
    try {
      const response = await attempt();
      if (isLast || !idempotent || !PASSING_STATUSES.has(response.status)) return response;
      await response.body?.cancel();
    } catch (error) {
      if (isLast || !mayRepeat(error)) throw error;
    }
    await pause(Math.min(MAX_DELAY_MS, retryDelayMs * 2 ** repeats * (1 + Math.random())), request.signal);
  }
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, signal && { signal });
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  }
}
