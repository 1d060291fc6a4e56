import type { Clock, Logger, Random, Store } from "@wxgate/core";
import { describeError } from "./describe-error.ts";
import { backoffMs } from "./retry.ts";

const LEASE_MS = 10_000;
const RENEW_MS = LEASE_MS / 4;
const BACKOFF = { firstMs: 1_000, longestMs: 60_000 };
/** Work that ran this long without failing starts again without waiting. */
const STEADY_MS = 60_000;

export interface OwnOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly worker: string;
  /** Told which accounts are held here. */
  onHeld(account: string, held: boolean): void;
}

/** Runs `work` wherever the account's lease is held, and nowhere else; restarts it when it fails. */
export async function own(
  channel: string,
  account: string,
  work: (signal: AbortSignal) => Promise<void>,
  options: OwnOptions,
  signal: AbortSignal,
): Promise<void> {
  const { store, clock, random, worker } = options;
  const log = options.log.child({ channel, account });
  const key = `${channel}|${account}`;
  let failures = 0;
  while (!signal.aborted) {
    if ((await store.acquireLease(key, worker, LEASE_MS)) === undefined) {
      await pause(clock, LEASE_MS / 2, signal);
      continue;
    }
    const startedAt = clock.now();
    options.onHeld(account, true);
    try {
      if (await holdWhile(key, work, options, signal)) return;
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      if (clock.now() - startedAt > STEADY_MS) failures = 0;
      failures += 1;
      log.warn({ error: describeError(error), failures }, "channel work failed, will restart");
    } finally {
      options.onHeld(account, false);
      await store.releaseLease(key, worker);
    }
    if (failures > 0) await pause(clock, backoffMs(failures, BACKOFF, random), signal);
  }
}

/** True when the work ended by itself; false when the lease was lost. */
async function holdWhile(
  key: string,
  work: (signal: AbortSignal) => Promise<void>,
  { store, clock, worker, log }: OwnOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const lost = new AbortController();
  const ended = new AbortController();
  const renewing = (async () => {
    while (!ended.signal.aborted) {
      await pause(clock, RENEW_MS, ended.signal);
      if (ended.signal.aborted) return;
      const held = await store.acquireLease(key, worker, LEASE_MS).catch((error: unknown) => {
        log.warn({ lease: key, error: describeError(error) }, "the lease could not be renewed");
        return undefined;
      });
      if (held === undefined) return lost.abort(new Error("another gateway holds the lease"));
    }
  })();
  try {
    await work(AbortSignal.any([signal, lost.signal]));
    return !lost.signal.aborted;
  } catch (error) {
    if (lost.signal.aborted) return false;
    throw error;
  } finally {
    ended.abort();
    await renewing;
  }
}

async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  await clock.sleep(ms, signal).catch(() => {
    // Cut short on purpose; the caller looks at its signal.
  });
}
