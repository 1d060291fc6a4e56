import type { AccountState, ChannelHealth, Clock } from "@wxgate/core";

export interface Standing {
  readonly state: AccountState;
  readonly reason?: string;
  readonly hint?: string;
}

export interface Health {
  set(standing: Standing): void;
  /** Something beside the connection that an operator should know; undefined: it is over. */
  note(reason: string | undefined): void;
  report(): ChannelHealth;
}

export function createHealth(account: string, clock: Clock): Health {
  let standing: Standing = { state: "starting", reason: "the connection is not made yet" };
  let since = clock.now();
  let note: string | undefined;

  return {
    set(next) {
      if (next.state !== standing.state) since = clock.now();
      standing = next;
    },
    note(reason) {
      note = reason;
    },
    report() {
      const shown: Standing =
        standing.state === "ok" && note !== undefined ? { state: "degraded", reason: note } : standing;
      return { ...shown, accounts: [{ account, since: new Date(since), ...shown }] };
    },
  };
}
