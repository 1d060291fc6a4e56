const MINUTE_MS = 60_000;
/** Bans last a minute, an hour or the day, and the answer does not say which: a ban that outlasts its wait is a longer one. */
const STEPS_MS = [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, 60 * MINUTE_MS] as const;

/** How long the others wait for the call that finds out whether a ban is over. */
const TEST_MS = 5_000;
/** Calls without a callback's token have a stricter limit here than those with one: a ban of the ones is none of the others. */
const NEVER_HELD = "kf/sync_msg";

export interface RateWaits {
  /** Undefined: call it. Otherwise when to ask again, in Unix milliseconds: of those who come after a ban, one tests it. */
  enter(path: string): number | undefined;
  /** When an API that answered "too many calls" may be tried again, in Unix milliseconds. */
  refused(path: string): number;
  /** A call that was made at this time found that the API works. Of calls from before a ban that says nothing. */
  worked(path: string, calledAtMs: number): void;
}

/** Remembers which APIs are banned, and for how long that seems to be. */
export function createRateWaits(now: () => number): RateWaits {
  const bans = new Map<string, { step: number; sinceMs: number; untilMs: number; isTested: boolean }>();

  return {
    enter(path) {
      const ban = bans.get(path);
      if (ban === undefined || path === NEVER_HELD) return undefined;
      if (now() < ban.untilMs) return ban.untilMs;
      bans.set(path, { ...ban, untilMs: now() + TEST_MS, isTested: true });
      return undefined;
    },
    refused(path) {
      const ban = bans.get(path);
      // Calls that were under way together tell of one ban, not of several.
      if (ban && !ban.isTested && now() < ban.untilMs) return ban.untilMs;
      const step = ban ? Math.min(ban.step + 1, STEPS_MS.length - 1) : 0;
      const untilMs = now() + (STEPS_MS[step] as number);
      bans.set(path, { step, sinceMs: now(), untilMs, isTested: false });
      return untilMs;
    },
    worked(path, calledAtMs) {
      if ((bans.get(path)?.sinceMs ?? Number.POSITIVE_INFINITY) < calledAtMs) bans.delete(path);
    },
  };
}
