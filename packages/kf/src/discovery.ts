import type { Clock, Logger } from "@wxgate/core";
import type { Accounts } from "./accounts.ts";
import type { KfApi } from "./api.ts";
import type { Health } from "./health.ts";

/** How far Tencent's clock and ours may be apart. */
export const CLOCK_SLACK_MS = 60_000;

export interface Discovery {
  /** Asks the platform for its accounts; false when it did not tell. Never throws. */
  refresh(signal: AbortSignal): Promise<boolean>;
}

interface DiscoveryOptions {
  readonly api: Pick<KfApi, "accounts">;
  readonly accounts: Accounts;
  readonly health: Pick<Health, "accountsFound" | "accountsFailed">;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Keeps the table of accounts as the platform has it. An account found here is answered from now on. */
export function createDiscovery({ api, accounts, health, clock, log }: DiscoveryOptions): Discovery {
  return {
    async refresh(signal) {
      const liveFrom = clock.now() - CLOCK_SLACK_MS;
      try {
        await accounts.reconcile(await api.accounts(signal), liveFrom);
        health.accountsFound();
        return true;
      } catch (error) {
        if (signal.aborted) return false;
        health.accountsFailed(error);
        log.warn({ err: error }, "the accounts could not be listed; those that send callbacks are served all the same");
        return false;
      }
    },
  };
}
