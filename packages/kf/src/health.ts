import {
  type AccountHealth,
  type AccountState,
  AuthenticationError,
  type ChannelHealth,
  type Clock,
  reasonOf,
} from "@wxgate/core";
import type { Accounts } from "./accounts.ts";
import type { KfApi } from "./api.ts";
import type { Pulls } from "./pulls.ts";

export interface Health {
  pulled(openKfId: string): void;
  pullFailed(openKfId: string, error: unknown): void;
  accountsFound(): void;
  accountsFailed(error: unknown): void;
  report(): ChannelHealth;
}

interface HealthOptions {
  readonly hasSecret: boolean;
  readonly api: Pick<KfApi, "wecom">;
  readonly accounts: Accounts;
  readonly clock: Clock;
  lagMs: Pulls["lagMs"];
}

interface Standing {
  readonly state: AccountState;
  readonly since: number;
  readonly reason?: string;
  readonly hint?: string;
}

/** What works and what does not, in the words of the errors. */
export function createHealth({ hasSecret, api, accounts, clock, lagMs }: HealthOptions): Health {
  const createdAt = clock.now();
  const standings = new Map<string, Standing>();
  let listing: Standing | undefined;

  function set(openKfId: string, standing: Omit<Standing, "since">): void {
    const before = standings.get(openKfId);
    const since = before?.state === standing.state ? before.since : clock.now();
    standings.set(openKfId, { ...standing, since });
  }

  function accountHealth(openKfId: string, name: string | undefined, known: string): AccountHealth {
    const standing = standings.get(openKfId) ?? { state: "starting" as const, since: createdAt };
    const gone: Partial<AccountHealth> =
      known === "enabled"
        ? {}
        : {
            state: "stopped",
            reason: known === "deleted" ? "the account was deleted" : "the app may not manage the account",
          };
    return {
      account: openKfId,
      state: standing.state,
      since: new Date(standing.since),
      ...(name === undefined ? {} : { name }),
      ...(standing.reason === undefined ? {} : { reason: standing.reason }),
      ...(standing.hint === undefined ? {} : { hint: standing.hint }),
      ...gone,
      lagMs: lagMs(openKfId) ?? 0,
    };
  }

  /** Of the channel as a whole; undefined: nothing but its accounts. */
  function overall(): Pick<ChannelHealth, "state" | "reason" | "hint"> | undefined {
    if (!hasSecret) {
      return {
        state: "paused",
        reason: "no secret is configured: callbacks are answered, messages are not pulled",
        hint: "Save the callback address in the console; then copy the secret it shows into `secret` and reload.",
      };
    }
    const problem = api.wecom.problem();
    if (problem !== undefined)
      return { state: problem.error.scope === "account" ? "paused" : "degraded", ...reasonOf(problem.error) };
    return listing;
  }

  return {
    pulled: (openKfId) => set(openKfId, { state: "ok" }),
    pullFailed: (openKfId, error) =>
      set(openKfId, { state: error instanceof AuthenticationError ? "paused" : "degraded", ...reasonOf(error) }),
    accountsFound: () => {
      listing = undefined;
    },
    accountsFailed: (error) => {
      listing = { state: "degraded", ...reasonOf(error), since: clock.now() };
    },
    report() {
      const list = accounts
        .all()
        .filter(({ openKfId }) => accounts.wanted(openKfId))
        .map(({ openKfId, name, state }) => accountHealth(openKfId, name, state));
      const { state, reason, hint } = overall() ?? { state: worst(list) };
      return {
        state,
        ...(reason === undefined ? {} : { reason }),
        ...(hint === undefined ? {} : { hint }),
        accounts: list,
      };
    },
  };
}

/** A deleted account does not make the channel sick. */
function worst(accounts: readonly AccountHealth[]): AccountState {
  for (const state of ["paused", "degraded", "starting"] as const) {
    if (accounts.some((account) => account.state === state)) return state;
  }
  return accounts.length === 0 ? "starting" : "ok";
}
