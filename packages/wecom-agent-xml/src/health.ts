import { type AccountHealth, type ChannelHealth, type Clock, reasonOf } from "@wxgate/core";
import type { AgentApi } from "./api.ts";

export interface Health {
  report(): ChannelHealth;
  /** Asks the platform; what keeps the answer from coming is the report. */
  probe(signal: AbortSignal): Promise<ChannelHealth>;
}

/** What works and what does not. A refused call does not keep messages from coming in. */
export function createHealth(account: string, api: Pick<AgentApi, "wecom" | "callbackIps">, clock: Clock): Health {
  const createdAt = new Date(clock.now());

  function degraded(since: Date, error: unknown): ChannelHealth {
    const words = { state: "degraded" as const, ...reasonOf(error) };
    return { ...words, accounts: [{ account, since, ...words }] };
  }

  function report(): ChannelHealth {
    const problem = api.wecom.problem();
    if (problem !== undefined) return degraded(new Date(problem.sinceMs), problem.error);
    const well: AccountHealth = { account, state: "ok", since: createdAt };
    return { state: "ok", accounts: [well] };
  }

  return {
    report,
    async probe(signal) {
      try {
        // The least call that needs a token, the right address and an app that is enabled.
        await api.callbackIps(signal);
        // What only another call can tell, the next message does.
        api.wecom.forgetProblems();
      } catch (error) {
        if (api.wecom.problem() === undefined) return degraded(new Date(clock.now()), error);
      }
      return report();
    },
  };
}
