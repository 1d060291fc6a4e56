import type { Clock } from "./clock.ts";
import type { StoredToken, TokenLock, TokenStore } from "./store.ts";

const POLL_MS = 250;

interface SharedRefreshOptions {
  readonly store: TokenStore;
  readonly key: string;
  readonly lockMs: number;
  readonly clock: Clock;
  readonly fetch: (signal: AbortSignal) => Promise<StoredToken>;
  readonly onProblem: (problem: "store", error: unknown) => void;
}

type Obtain = (signal: AbortSignal, isUsable: (token: StoredToken) => boolean) => Promise<StoredToken>;

/**
 * Takes the token another process has put into the store, or fetches one under the store's lock. A store that fails
 * is treated as empty and unlocked: one fetch too many is better than no token.
 */
export function createSharedRefresh({ store, key, lockMs, clock, fetch, onProblem }: SharedRefreshOptions): Obtain {
  async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      onProblem("store", error);
      return undefined;
    }
  }

  async function fetchAndShare(signal: AbortSignal): Promise<StoredToken> {
    const token = await fetch(signal);
    await attempt(() => store.set(key, token));
    return token;
  }

  /** The lock, or "free" when the store cannot lock at all, or undefined while another process holds it. */
  async function takeLock(): Promise<TokenLock | "free" | undefined> {
    try {
      return await store.lock(key, lockMs);
    } catch (error) {
      onProblem("store", error);
      return "free";
    }
  }

  return async function obtain(signal, isUsable) {
    const deadlineMs = clock.now() + lockMs;
    for (;;) {
      signal.throwIfAborted();
      const found = await attempt(() => store.get(key));
      if (found && isUsable(found)) return found;

      const lock = await takeLock();
      if (lock === "free" || (lock === undefined && clock.now() >= deadlineMs)) return fetchAndShare(signal);
      if (lock === undefined) {
        await clock.sleep(POLL_MS, signal);
        continue;
      }
      try {
        // Another process may have put one there between our look and our lock.
        const newer = await attempt(() => store.get(key));
        return newer && isUsable(newer) ? newer : await fetchAndShare(signal);
      } finally {
        await attempt(() => lock.release());
      }
    }
  };
}
