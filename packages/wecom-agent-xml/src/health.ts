import type { AccountHealth, ChannelHealth, Clock } from "@wxgate/core";
import type { WecomApi } from "@wxgate/wecom-api";

/** What works and what does not. A refused call does not keep messages from coming in. */
export function createHealth(account: string, wecom: Pick<WecomApi, "problem">, clock: Clock): () => ChannelHealth {
  const createdAt = new Date(clock.now());

  return function health() {
    const problem = wecom.problem();
    if (problem === undefined) {
      const well: AccountHealth = { account, state: "ok", since: createdAt };
      return { state: "ok", accounts: [well] };
    }
    const { error, sinceMs } = problem;
    const words = { reason: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
    return {
      state: "degraded",
      ...words,
      accounts: [{ account, state: "degraded", since: new Date(sinceMs), ...words }],
    };
  };
}
