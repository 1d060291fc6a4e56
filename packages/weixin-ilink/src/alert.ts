import { type Background, type Clock, type Fetch, type Logger, withTimeLimit } from "@wxgate/core";
import type { Account, Accounts } from "./accounts.ts";

const LIMIT_MS = 10_000;

export interface Watch {
  /** The platform refused this login. Told once, however often it is seen. */
  refused(account: Account): Promise<void>;
  /** The platform took a call of this login. */
  works(account: Account): Promise<void>;
}

interface WatchOptions {
  readonly channel: string;
  readonly alertUrl: string | undefined;
  readonly accounts: Accounts;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly log: Logger;
  readonly background: Pick<Background, "start">;
}

/** Tells the operator when a person must scan again: log, health and, if there is one, the alert address. */
export function createWatch({ channel, alertUrl, accounts, fetch, clock, log, background }: WatchOptions): Watch {
  async function alert(account: Account, state: "needs-login" | "ok"): Promise<void> {
    if (alertUrl === undefined) return;
    const body = JSON.stringify({ channel, account: account.id, state, at: new Date(clock.now()).toISOString() });
    const init = { method: "POST", headers: { "content-type": "application/json" }, body };
    try {
      const { status } = await withTimeLimit(clock, LIMIT_MS, undefined, async (signal) => {
        const response = await fetch(alertUrl, { ...init, signal });
        await response.body?.cancel();
        return response;
      });
      if (status >= 400) log.warn({ status, account: account.id }, "the alert address refused the alert");
    } catch (error) {
      log.warn({ reason: (error as Error).name, account: account.id }, "the alert address could not be reached");
    }
  }

  return {
    async refused(account) {
      if (accounts.refusedAt(account) !== undefined) return;
      await accounts.setRefused(account, true);
      log.error({ account: account.id }, "WeChat refuses the login; scan again");
      background.start(() => alert(account, "needs-login"));
    },
    async works(account) {
      if (accounts.refusedAt(account) === undefined) return;
      await accounts.setRefused(account, false);
      log.info({ account: account.id }, "WeChat takes the login again");
      background.start(() => alert(account, "ok"));
    },
  };
}
