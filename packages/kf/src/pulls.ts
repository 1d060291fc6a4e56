import { AuthenticationError, type Clock, type Logger, type Random, RejectedError, TransientError } from "@wxgate/core";
import { hasErrcode } from "@wxgate/wecom-api";
import type { Accounts } from "./accounts.ts";
import { ERR_ACCOUNT_GONE, ERR_ACCOUNT_ILLEGAL } from "./errors.ts";
import type { Health } from "./health.ts";
import type { Pull } from "./sync.ts";

/** Why a pull is made: nothing in it when it is only time for one. */
export interface Trigger {
  /** The callback's, valid 10 minutes. */
  readonly token?: string | undefined;
  /** When the first callback came, by the platform's clock. */
  readonly rungAt?: number | undefined;
}

export interface Pulls {
  /** Records that there is news and returns at once; one pull runs and one waits per account. */
  request(openKfId: string, trigger?: Trigger): void;
  /** Resolves when nothing runs or waits for the account, or the signal fires. */
  idle(openKfId: string, signal: AbortSignal): Promise<void>;
  /** How long the oldest news that was not pulled yet waits. */
  lagMs(openKfId: string): number | undefined;
  /** Waits for what runs, after `stop` fired. */
  ended(): Promise<void>;
}

interface PullsOptions {
  readonly pull: Pull;
  readonly accounts: Pick<Accounts, "drop">;
  readonly health: Pick<Health, "pulled" | "pullFailed">;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly stop: AbortSignal;
}

interface Line {
  waiting?: { readonly trigger: Trigger; readonly since: number };
  /** Of the pull that runs. */
  since?: number;
  running?: Promise<void>;
  /** Ends a wait that a callback's token makes needless: calls without one have a stricter limit of their own. */
  tokenCame?: (() => void) | undefined;
  /** Of the last attempt. */
  triedToken?: string | undefined;
  restMs: number;
  /** When the last pull ended. */
  pulledAt: number;
}

/** After a pull the account rests, longer each time while news keeps coming, so that a burst of callbacks costs few calls. */
const FIRST_REST_MS = 25;
const LONGEST_REST_MS = 1_000;
/** Without news for so long, the next rest is a short one again. */
const CALM_MS = 2_000;
const BACKOFF = { firstMs: 1_000, longestMs: 60_000 };
/** What is refused will hardly be taken a second later; asking with wrong credentials gets the address banned. */
const REFUSED_BACKOFF = { firstMs: 60_000, longestMs: 600_000 };

/** Two tokens in a row were refused: mostly a moment's trouble of the platform's, not of the secret. */
const TOKEN_REFUSED = [40014, 42001];

export function createPulls(options: PullsOptions): Pulls {
  const { clock, random, log, stop } = options;
  const lines = new Map<string, Line>();

  function lineOf(openKfId: string): Line {
    const line = lines.get(openKfId) ?? { restMs: FIRST_REST_MS, pulledAt: Number.NEGATIVE_INFINITY };
    lines.set(openKfId, line);
    return line;
  }

  /** Of two triggers one: the newer token lives longer, the older callback tells since when a new account is answered. */
  function merge(older: Trigger | undefined, newer: Trigger | undefined): Trigger {
    return { token: newer?.token ?? older?.token, rungAt: older?.rungAt ?? newer?.rungAt };
  }

  function putBack(line: Line, trigger: Trigger, since: number): void {
    line.waiting = { trigger: merge(trigger, line.waiting?.trigger), since };
  }

  /** Pulls once: "ok", how long to wait before it is tried again, or undefined when that is useless. */
  async function attempt(openKfId: string, line: Line, failures: number): Promise<number | "ok" | undefined> {
    const { trigger, since } = line.waiting as NonNullable<Line["waiting"]>;
    line.waiting = undefined;
    line.since = since;
    line.triedToken = trigger.token;
    try {
      await options.pull(openKfId, trigger, stop);
      options.health.pulled(openKfId);
      return "ok";
    } catch (error) {
      if (stop.aborted) return undefined;
      options.health.pullFailed(openKfId, error);
      if (hasErrcode(error, ERR_ACCOUNT_GONE, ERR_ACCOUNT_ILLEGAL)) {
        await options.accounts.drop(openKfId, "deleted");
        return undefined;
      }
      putBack(line, trigger, since);
      const retryInMs = waitAfter(error, failures, clock.now(), random);
      log.warn({ err: error, account: openKfId, failures: failures + 1, retryInMs }, "pull failed, will retry");
      return retryInMs;
    } finally {
      line.since = undefined;
    }
  }

  /** How long the account rests after a pull. */
  function restAfterPull(line: Line): number {
    const isCalm = clock.now() - line.pulledAt > CALM_MS;
    line.restMs = isCalm ? FIRST_REST_MS : Math.min(LONGEST_REST_MS, line.restMs * 2);
    line.pulledAt = clock.now();
    return line.restMs;
  }

  async function waitToRetry(line: Line, ms: number): Promise<void> {
    if (line.triedToken !== undefined) return clock.sleep(ms, stop);
    if (line.waiting?.trigger.token !== undefined) return;
    const woken = new AbortController();
    line.tokenCame = () => woken.abort();
    try {
      await clock.sleep(ms, AbortSignal.any([stop, woken.signal]));
    } catch (error) {
      if (!woken.signal.aborted) throw error;
    } finally {
      line.tokenCame = undefined;
    }
  }

  async function work(openKfId: string, line: Line): Promise<void> {
    let failures = 0;
    try {
      while (line.waiting !== undefined) {
        const result = await attempt(openKfId, line, failures);
        if (result === undefined) {
          line.waiting = undefined;
          return;
        }
        failures = result === "ok" ? 0 : failures + 1;
        if (result === "ok") await clock.sleep(restAfterPull(line), stop);
        else await waitToRetry(line, result);
      }
    } finally {
      // At once, not a moment later: a request in between would believe that somebody still looks.
      line.running = undefined;
    }
  }

  return {
    request(openKfId, trigger = {}) {
      if (stop.aborted) return;
      const line = lineOf(openKfId);
      line.waiting = { trigger: merge(line.waiting?.trigger, trigger), since: line.waiting?.since ?? clock.now() };
      if (trigger.token !== undefined) line.tokenCame?.();
      line.running ??= work(openKfId, line).catch((error: unknown) => {
        if (!stop.aborted) log.error({ err: error, account: openKfId }, "pulling ended unexpectedly");
      });
    },
    async idle(openKfId, signal) {
      const running = lines.get(openKfId)?.running;
      if (running === undefined || signal.aborted) return;
      await new Promise<void>((resolve) => {
        const done = () => {
          signal.removeEventListener("abort", done);
          resolve();
        };
        signal.addEventListener("abort", done, { once: true });
        void running.then(done);
      });
    },
    lagMs(openKfId) {
      const line = lines.get(openKfId);
      const since = line?.since ?? line?.waiting?.since;
      return since === undefined ? undefined : clock.now() - since;
    },
    async ended() {
      await Promise.all([...lines.values()].map(({ running }) => running));
    },
  };
}

function waitAfter(error: unknown, failures: number, now: number, random: Random): number {
  const isRefused =
    (error instanceof AuthenticationError && !hasErrcode(error, ...TOKEN_REFUSED)) || error instanceof RejectedError;
  const { firstMs, longestMs } = isRefused ? REFUSED_BACKOFF : BACKOFF;
  const backoff = Math.min(longestMs, firstMs * 2 ** Math.min(failures, 20)) * (0.75 + random.fraction() / 2);
  const until = error instanceof TransientError && typeof error.until === "object" ? error.until.at : undefined;
  return Math.max(backoff, until === undefined ? 0 : until.getTime() - now);
}
