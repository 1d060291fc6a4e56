import {
  AuthenticationError,
  ChannelError,
  type Clock,
  ProtocolError,
  RejectedError,
  TransientError,
} from "@wxgate/core";
import type { Redact } from "./redact.ts";
import { parseRetryAfter } from "./retry-after.ts";

export interface FailureOptions {
  /** Begins every message: `agent "ops"`. */
  readonly label: string;
  readonly clock: Clock;
  readonly redact: Redact;
  /** The configuration keys to look at when the server refuses us. */
  readonly credential: string;
  /** What to look at when there is nothing where we ask; completes "Check …". */
  readonly place: string;
  /** Every 4xx but 429 ends the turn, 401, 402, 403, 404 and 408 too. */
  readonly final4xx?: boolean;
}

/** The ways an agent's server fails, in words an operator can act on. Nothing in them is secret. */
export interface Failures {
  status(status: number, headers: Headers, said: string, url: URL): ChannelError;
  /** The server said in the middle of a stream, or with status 200, that it failed. */
  reported(said: string, code?: string): TransientError;
  /** The server does not know us, in its own numbers. */
  refused(said: string, code: number): ChannelError;
  /** The server would answer, if it were paid. */
  unpaid(said: string, code: number): AuthenticationError;
  /** What was configured is not there, in the server's own numbers. */
  missing(said: string, code: number): AuthenticationError;
  /** The server will not answer this question, however often it is asked. */
  rejected(said: string, code: number): RejectedError;
  timedOut(limitMs: number, doing: string): TransientError;
  unreachable(cause: unknown): TransientError;
  /** The answer ended before its end. */
  brokenOff(cause?: unknown): TransientError;
  /** What came is not what the protocol says. `problem` completes "answered …". */
  garbage(problem: string): ProtocolError;
}

const NOT_FOUND = "agent.not-found";

/** Nothing is where it was asked for: a wrong address or name, or something remembered that the server has forgotten. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ChannelError && error.code === NOT_FOUND;
}

export function createFailures({
  label,
  clock,
  redact,
  credential,
  place,
  final4xx = false,
}: FailureOptions): Failures {
  const quote = (said: string) => (said === "" ? "" : `: ${redact(said)}`);

  function unknown(message: string, platformCode: number): ChannelError {
    const credit = platformCode === 402 ? " Its account may have no credit left." : "";
    const options = { code: "agent.refused", platformCode, hint: `Check ${credential} of ${label}.${credit}` };
    return final4xx ? new RejectedError(message, options) : new AuthenticationError(message, options);
  }

  return {
    status(status, headers, said, url) {
      const message = `${label} answered ${status}${quote(said)}`;
      const options = { platformCode: status };
      if (status === 429 || status >= 500) {
        const at = parseRetryAfter(headers.get("retry-after"), clock.now());
        const code = status === 429 ? "agent.rate-limited" : "agent.server-failed";
        return new TransientError(message, { ...options, code, until: at === undefined ? {} : { at } });
      }
      if (status < 400) {
        const hint = `Configure the address ${label} redirects to; redirects are not followed.`;
        return new AuthenticationError(message, { ...options, code: "agent.redirected", hint });
      }
      if (status === 401 || status === 402 || status === 403) return unknown(message, status);
      const missing = status === 404 || status === 405;
      const at = missing ? redact(url.origin + url.pathname) : "";
      const hint = missing ? `Check ${place}: ${label} is looked for at ${at}, and nothing is there.` : undefined;
      if (missing && !final4xx) return new AuthenticationError(message, { ...options, code: NOT_FOUND, hint });
      if (!final4xx && (status === 408 || status === 409 || status === 425))
        return new TransientError(message, { ...options, code: "agent.busy" });
      return new RejectedError(message, {
        ...options,
        code: "agent.rejected",
        ...(hint === undefined ? {} : { hint }),
      });
    },
    reported: (said, code = "agent.failed") =>
      new TransientError(`${label} reported a failure${quote(said)}`, { code }),
    refused: (said, code) => unknown(`${label} refused us with ${code}${quote(said)}`, code),
    unpaid: (said, code) =>
      new AuthenticationError(`the account behind ${label} has no credit left, by ${code}${quote(said)}`, {
        code: "agent.unpaid",
        platformCode: code,
        hint: `Check the balance of the account that ${credential} of ${label} belong to.`,
      }),
    missing: (said, code) =>
      new AuthenticationError(`${label} does not know what it was asked for, by ${code}${quote(said)}`, {
        code: NOT_FOUND,
        platformCode: code,
        hint: `Check ${place}: the server of ${label} has nothing of that name.`,
      }),
    rejected: (said, code) =>
      new RejectedError(`${label} rejected the question with ${code}${quote(said)}`, {
        code: "agent.rejected",
        platformCode: code,
      }),
    timedOut: (limitMs, doing) =>
      new TransientError(`${label} ${doing} for ${limitMs} ms`, {
        code: "agent.timeout",
        hint: "Raise timeoutMs or idleTimeoutMs if it is allowed to take this long.",
      }),
    unreachable: (cause) =>
      new TransientError(`${label} cannot be reached: ${redact(reasonOf(cause))}`, { code: "agent.unreachable" }),
    brokenOff: (cause) =>
      new TransientError(
        `${label} broke off in the middle of its answer${cause === undefined ? "" : `: ${redact(reasonOf(cause))}`}`,
        { code: "agent.broken-off" },
      ),
    garbage: (problem) =>
      new ProtocolError(`${label} answered ${redact(problem)}`, {
        code: "agent.garbage",
        hint: "See the description of this agent type for what it must answer.",
      }),
  };
}

/** `fetch` hides what happened in its cause; neither may carry the request, so the words are taken and not the object. */
function reasonOf(error: unknown): string {
  const words: string[] = [];
  for (let each = error; each instanceof Error && words.length < 4; each = each.cause) {
    const { code } = each as { code?: unknown };
    words.push(typeof code === "string" && !each.message.includes(code) ? `${each.message} (${code})` : each.message);
  }
  return words.filter((word) => word !== "").join(": ") || "unknown reason";
}
