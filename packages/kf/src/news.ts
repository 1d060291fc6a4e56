import type { Logger } from "@wxgate/core";
import type { Accounts } from "./accounts.ts";
import type { Discovery } from "./discovery.ts";
import type { Pulls } from "./pulls.ts";
import type { Doorbell } from "./webhook.ts";

interface NewsOptions {
  readonly hasSecret: boolean;
  readonly accounts: Accounts;
  readonly discovery: Discovery;
  readonly pulls: Pulls;
  readonly log: Logger;
  readonly stop: AbortSignal;
}

/** What a callback sets going. Nothing here waits. */
export function createNews({ hasSecret, accounts, discovery, pulls, log, stop }: NewsOptions) {
  return {
    onNews({ openKfId, token, rungAt }: Doorbell): void {
      if (!hasSecret) {
        log.warn({}, "a callback came, but no secret is configured: nothing is pulled");
        return;
      }
      if (openKfId !== undefined) {
        if (accounts.wanted(openKfId)) pulls.request(openKfId, { token, rungAt });
        return;
      }
      for (const { openKfId: known, state } of accounts.all()) {
        if (state === "enabled" && accounts.wanted(known)) pulls.request(known, { token });
      }
    },
    onAccountsChanged(): void {
      if (hasSecret) void discovery.refresh(stop);
    },
  };
}
