import { setMaxListeners } from "node:events";
import type { Channel, ChannelPorts } from "@wxgate/core";
import type { Accounts } from "./accounts.ts";
import type { KfConfig } from "./config.ts";
import { CLOCK_SLACK_MS, type Discovery } from "./discovery.ts";
import type { Pulls } from "./pulls.ts";
import type { Sessions } from "./sessions.ts";

interface RunOptions {
  readonly config: Pick<KfConfig, "secret" | "accounts" | "catchUpIntervalSeconds" | "takeBack">;
  readonly accounts: Accounts;
  readonly discovery: Discovery;
  readonly sessions: Sessions;
  readonly pulls: Pulls;
  readonly ports: Pick<ChannelPorts, "own" | "clock" | "random" | "log">;
}

const ACCOUNTS_REFRESH_MS = 3_600_000;
const ACCOUNTS_RETRY_MS = 60_000;

/** Finds the accounts, and pulls each of them at the start and now and then, on one gateway only. */
export function createRun(options: RunOptions): NonNullable<Channel["run"]> {
  const { config, accounts, discovery, sessions, pulls, ports } = options;
  const { clock, random, log } = ports;
  const jittered = (ms: number) => ms * (0.85 + random.fraction() * 0.3);

  return async function run(signal) {
    if (config.secret === undefined) return aborted(signal);
    // One listener per account; that is no leak.
    setMaxListeners(0, signal);
    const startedAt = clock.now();
    await accounts.load();
    const owned = new Map<string, Promise<void>>();
    for (const openKfId of config.accounts.allow ?? []) await accounts.meet(openKfId, startedAt - CLOCK_SLACK_MS);
    while (!signal.aborted) {
      const found = await discovery.refresh(signal);
      await ownUntil(clock.now() + jittered(found ? ACCOUNTS_REFRESH_MS : ACCOUNTS_RETRY_MS), owned, signal);
    }
    await Promise.all(owned.values());
  };

  /** Takes care of accounts as they appear, until it is time to ask for them again. */
  async function ownUntil(time: number, owned: Map<string, Promise<void>>, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const timer = clock.sleep(time - clock.now(), AbortSignal.any([signal, over.signal])).catch(() => undefined);
    let waiting = true;
    void timer.then(() => {
      waiting = false;
    });
    while (waiting && !signal.aborted) {
      const change = accounts.changed();
      for (const { openKfId, state } of accounts.all()) {
        if (state === "enabled" && accounts.wanted(openKfId) && !owned.has(openKfId)) own(openKfId, owned, signal);
      }
      await Promise.race([timer, change]);
    }
    over.abort();
  }

  function own(openKfId: string, owned: Map<string, Promise<void>>, signal: AbortSignal): void {
    const work = ports
      .own(openKfId, (held) => catchUp(openKfId, held), signal)
      .catch((error: unknown) => {
        if (!signal.aborted) log.error({ err: error, account: openKfId }, "catching up ended unexpectedly");
      })
      .finally(() => owned.delete(openKfId));
    owned.set(openKfId, work);
  }

  /** A pull without a callback's token is strictly limited, so it comes rarely and never in step with others. */
  async function catchUp(openKfId: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && accounts.get(openKfId)?.state === "enabled") {
      pulls.request(openKfId);
      await pulls.idle(openKfId, signal);
      await sweep(openKfId, signal);
      await clock.sleep(jittered(config.catchUpIntervalSeconds * 1000), signal).catch(() => {
        // The loop looks at its signal.
      });
    }
  }

  async function sweep(openKfId: string, signal: AbortSignal): Promise<void> {
    const { afterIdleMinutes } = config.takeBack;
    try {
      await sessions.sweep(openKfId, afterIdleMinutes === undefined ? undefined : afterIdleMinutes * 60_000, signal);
    } catch (error) {
      if (!signal.aborted) log.warn({ err: error, account: openKfId }, "humans' sessions could not be checked");
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
