const MINUTE_MS = 60_000;

/** Counts calls per API and corp; past the limit everything is refused for a minute. */
export interface MinuteLimit {
  /** Whether this call is still allowed. */
  allows(key: string, perMinute: number): boolean;
  clear(): void;
}

export function createMinuteLimit(now: () => number): MinuteLimit {
  const windows = new Map<string, { startedAt: number; count: number; bannedUntil: number }>();
  return {
    allows(key, perMinute) {
      const at = now();
      let window = windows.get(key);
      if (!window || at - window.startedAt >= MINUTE_MS) {
        window = { startedAt: at, count: 0, bannedUntil: window?.bannedUntil ?? 0 };
        windows.set(key, window);
      }
      if (at < window.bannedUntil) return false;
      window.count += 1;
      if (window.count <= perMinute) return true;
      window.bannedUntil = at + MINUTE_MS;
      return false;
    },
    clear: () => windows.clear(),
  };
}
