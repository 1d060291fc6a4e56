import type { Background, ChannelPorts, Clock, Logger } from "@wxgate/core";
import type { Account, Accounts } from "./accounts.ts";
import type { IlinkApi } from "./api.ts";

/** How soon a login that was made at another gateway is seen here. */
const LOOK_MS = 5_000;

interface RunOptions {
  readonly accounts: Accounts;
  readonly api: Pick<IlinkApi, "notifyStop">;
  readonly own: ChannelPorts["own"];
  readonly clock: Clock;
  readonly log: Logger;
  poll(account: Account, signal: AbortSignal): Promise<void>;
  readonly background: Pick<Background, "start">;
}

/** Polls every account that is signed in, each on one gateway only, and takes up new logins as they come. */
export function createRun({ accounts, api, own, clock, log, poll, background }: RunOptions) {
  async function serve(id: string, signal: AbortSignal, stopped: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const account = accounts.get(id);
      if (account === undefined) throw new Error(`account ${id} is gone`);
      const replaced = accounts.replaced(account);
      await poll(account, AbortSignal.any([signal, replaced]));
      // A gateway that takes over has announced itself; only an end is told.
      if (stopped.aborted && accounts.refusedAt(account) === undefined) background.start(() => sayGoodbye(account));
    }
  }

  async function sayGoodbye(account: Account): Promise<void> {
    try {
      await api.notifyStop(account);
    } catch (error) {
      log.debug({ err: error, account: account.id }, "the end could not be announced");
    }
  }

  return async function run(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const serving = new Map<string, Promise<void>>();
    const failed = new AbortController();
    const either = AbortSignal.any([signal, failed.signal]);
    function startNew(): void {
      for (const { id } of accounts.all()) {
        if (serving.has(id) || either.aborted) continue;
        const work = own(id, (mine) => serve(id, mine, signal), either).catch((error: unknown) => failed.abort(error));
        serving.set(id, work);
      }
    }

    const unwatch = accounts.watch(startNew);
    try {
      await accounts.load();
      startNew();
      while (!either.aborted) {
        await clock.sleep(LOOK_MS, either).catch(() => {
          // The loop looks at the signal.
        });
        if (!either.aborted) await accounts.load();
      }
    } finally {
      unwatch();
      if (!either.aborted) failed.abort(new Error("the channel stopped"));
      await Promise.all(serving.values());
    }
    if (!signal.aborted) throw failed.signal.reason;
  };
}
