import type { ChannelHealth, Clock } from "@wxgate/core";

export interface Health {
  /** Whether the platform fetches what a bubble should show. */
  refreshed(works: boolean): void;
  report(): ChannelHealth;
}

const NOT_FETCHED = {
  state: "degraded",
  reason: "WeCom does not fetch the answers' bubbles; they go out by response_url",
  hint: "The callback address must be reached within 5 seconds, and by every refresh; look at the proxy before it.",
} as const;

export function createHealth(account: string, clock: Clock): Health {
  let works = true;
  let since = new Date(clock.now());

  return {
    refreshed(now) {
      if (now !== works) since = new Date(clock.now());
      works = now;
    },
    report() {
      const shown = works ? { state: "ok" as const } : NOT_FETCHED;
      return { ...shown, accounts: [{ account, since, ...shown }] };
    },
  };
}
