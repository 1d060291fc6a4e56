import { AuthenticationError, type Channel } from "@wxgate/core";
import type { Account, Accounts } from "./accounts.ts";
import type { Watch } from "./alert.ts";
import type { IlinkApi } from "./api.ts";
import type { Health } from "./health.ts";

interface ProbeOptions {
  readonly accounts: Accounts;
  readonly api: Pick<IlinkApi, "notifyStart">;
  readonly health: Health;
  readonly watch: Watch;
}

/** Asks the platform whether it takes each login; announcing oneself is the one call that changes nothing. */
export function createProbe({ accounts, api, health, watch }: ProbeOptions): NonNullable<Channel["probe"]> {
  async function probeOne(account: Account, signal: AbortSignal): Promise<void> {
    try {
      await api.notifyStart(account, signal);
      health.polled(account);
      await watch.works(account);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof AuthenticationError) await watch.refused(account);
      else health.failing(account, error);
    }
  }

  return async function probe(signal) {
    await accounts.load();
    await Promise.all(accounts.all().map((account) => probeOne(account, signal)));
    return health.report();
  };
}
