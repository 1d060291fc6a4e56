import { type ChannelError, type Clock, RejectedError } from "@wxgate/core";
import type { TokenCache } from "@wxgate/token-cache";
import type { ErrcodeTable } from "./errcode-rule.ts";
import type { HealthRecord } from "./health.ts";
import type { RateWaits } from "./rate-waits.ts";
import type { Secrets } from "./secrets.ts";
import { findRule, toWecomError } from "./to-error.ts";

/** What an attempt gave: its value, or the platform's refusal. */
export type Outcome<T> = { readonly value: T } | { readonly errcode: number; readonly errmsg: string };

export interface PerformOptions {
  readonly clock: Clock;
  readonly tokens: TokenCache;
  readonly secrets: Secrets;
  readonly tables: readonly ErrcodeTable[];
  readonly health: HealthRecord;
  readonly rates: RateWaits;
}

/** Runs an attempt with a token, and again where that can help. */
export type Perform = <T>(
  path: string,
  attempt: (token: string) => Promise<Outcome<T>>,
  signal?: AbortSignal,
) => Promise<T>;

/** 40001 and 41001 are also what some APIs answer to a token that is over. */
const TOKEN_REFUSED: ReadonlySet<number> = new Set([40014, 42001, 40001, 41001]);
/** Nothing was done, and a moment later it may be: busy, data conflict, too many at once. At most three tries, the platform asks. */
const TRY_AGAIN: ReadonlySet<number> = new Set([-1, 6000, 45033]);
const RATE_LIMITED = 45009;
const PAUSES_MS = [500, 2_000] as const;

export function createPerform({ clock, tokens, secrets, tables, health, rates }: PerformOptions): Perform {
  function refusal(path: string, errcode: number, errmsg: string): ChannelError {
    if (errcode === RATE_LIMITED) return banned(path, errmsg, rates.refused(path));
    const { waitMs } = findRule(tables, errcode, path);
    const retryAt = waitMs ? new Date(clock.now() + waitMs) : undefined;
    return toWecomError({ path, errcode, errmsg }, { tables, secrets: secrets.values, retryAt });
  }

  function banned(path: string, errmsg: string, untilMs: number): ChannelError {
    const refused = { path, errcode: RATE_LIMITED, errmsg };
    return toWecomError(refused, { tables, secrets: secrets.values, retryAt: new Date(untilMs) });
  }

  return async function perform(path, attempt, signal) {
    const heldUntilMs = rates.enter(path);
    if (heldUntilMs !== undefined) throw banned(path, "not called, since it still has too many calls", heldUntilMs);
    let tries = 1;
    let mayRefresh = true;
    for (;;) {
      const token = await tokens.get(signal);
      secrets.remember(token);
      const calledAtMs = clock.now();
      const outcome = await attempt(token);
      if ("value" in outcome) {
        health.worked(path);
        rates.worked(path, calledAtMs);
        return outcome.value;
      }
      const pauseMs = PAUSES_MS[tries - 1];
      if (TOKEN_REFUSED.has(outcome.errcode) && mayRefresh) {
        mayRefresh = false;
        tokens.invalidate(token);
      } else if (TRY_AGAIN.has(outcome.errcode) && pauseMs !== undefined) {
        tries += 1;
        await clock.sleep(pauseMs, signal);
      } else {
        const error = refusal(path, outcome.errcode, outcome.errmsg);
        health.failed(path, error);
        // The message itself was looked at: there is no ban.
        if (error instanceof RejectedError) rates.worked(path, calledAtMs);
        throw error;
      }
    }
  };
}
