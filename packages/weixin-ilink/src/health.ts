import type { AccountHealth, AccountState, ChannelHealth, Clock } from "@wxgate/core";
import type { Account, Accounts } from "./accounts.ts";
import { LOGIN_HINT } from "./errors.ts";

export interface Health {
  polled(account: Account): void;
  failing(account: Account, error: unknown): void;
  report(): ChannelHealth;
}

interface Standing {
  readonly state: AccountState;
  readonly since: number;
  readonly reason?: string;
}

/** How each login is; what the platform refuses is known to `accounts`, and stands before everything else. */
export function createHealth(accounts: Accounts, clock: Clock): Health {
  const createdAt = clock.now();
  const standings = new Map<string, Standing>();

  function set({ login }: Account, state: AccountState, reason?: string): void {
    const before = standings.get(login);
    const since = before?.state === state ? before.since : clock.now();
    standings.set(login, { state, since, ...(reason === undefined ? {} : { reason }) });
  }

  function healthOf(account: Account): AccountHealth {
    const refusedAt = accounts.refusedAt(account);
    if (refusedAt !== undefined) {
      return {
        account: account.id,
        state: "needs-login",
        since: new Date(refusedAt),
        reason: "WeChat refuses the login: it was scanned elsewhere, unbound, or has expired",
        hint: LOGIN_HINT,
      };
    }
    const { state, since, reason } = standings.get(account.login) ?? { state: "starting" as const, since: createdAt };
    return { account: account.id, state, since: new Date(since), ...(reason === undefined ? {} : { reason }) };
  }

  return {
    polled: (account) => set(account, "ok"),
    failing: (account, error) => set(account, "degraded", error instanceof Error ? error.message : String(error)),
    report() {
      const list = accounts.all().map(healthOf);
      if (list.length === 0) {
        return { state: "needs-login", reason: "nobody is signed in yet", hint: LOGIN_HINT, accounts: [] };
      }
      const worst = (["needs-login", "degraded", "starting"] as const).find((state) =>
        list.some((one) => one.state === state),
      );
      const sick = list.find(({ state }) => state === worst);
      return {
        state: worst ?? "ok",
        ...(sick?.reason === undefined ? {} : { reason: sick.reason }),
        ...(sick?.hint === undefined ? {} : { hint: sick.hint }),
        accounts: list,
      };
    },
  };
}
