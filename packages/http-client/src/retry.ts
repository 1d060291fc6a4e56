import pRetry from "p-retry";
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
  const repeatable = isReplayable(request.body);
  const idempotent = isIdempotent(request.method);
  const budget = repeatable ? retries : 0;

  return pRetry(
    async (number) => {
      const response = await attempt();
      if (!idempotent || !PASSING_STATUSES.has(response.status) || number > budget) return response;
      await response.body?.cancel();
      throw new HttpError("the server is not available for now", {
        code: "http.status",
        sent: "unknown",
        status: response.status,
      });
    },
    {
      retries: budget,
      minTimeout: retryDelayMs,
      maxTimeout: MAX_DELAY_MS,
      randomize: true,
      signal: request.signal,
      shouldRetry: ({ error }) =>
        error instanceof HttpError &&
        (mark.sent === "no" || idempotent) &&
        (PASSING_FAILURES.has(error.code) || error.code === "http.status"),
    },
  );
}
