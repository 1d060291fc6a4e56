import type { Clock } from "./clock.ts";
import { type Flight, startFlight } from "./flight.ts";
import { createSharedRefresh } from "./shared.ts";
import type { StoredToken, TokenStore } from "./store.ts";

export interface FetchedToken {
  readonly value: string;
  readonly expiresInSeconds: number;
}

export interface TokenCacheOptions {
  /** Asks the platform. Bounds its own time; the signal fires when nobody waits any more. */
  readonly fetchToken: (signal: AbortSignal) => Promise<FetchedToken>;
  readonly clock: Clock;
  /** How long before its end a token is replaced; a short-lived token is replaced at half its life. Default 5 minutes. */
  readonly refreshAheadMs?: number;
  /**
   * How long a failed fetch is remembered and repeated to callers instead of asking again. Default: one minute for
   * every failure, since WeCom bans an address that keeps asking with a wrong secret.
   */
  readonly holdOffMs?: (error: unknown) => number;
  /** Shares the token with other processes under `key`. */
  readonly shared?: {
    readonly store: TokenStore;
    /** Names the identity the token belongs to, secret included (hashed): two apps of one corp have different tokens. */
    readonly key: string;
    /** Longer than a fetch may take. Default 20 seconds. */
    readonly lockMs?: number;
  };
  /** Hears of what no caller sees: a background refresh or the shared store failing. */
  readonly onProblem?: (problem: "refresh" | "store", error: unknown) => void;
}

export interface TokenCache {
  /**
   * A token that is valid now. Inside the last `refreshAheadMs` of its life the old one is served while a new one is fetched.
   *
   * @throws what `fetchToken` threw, or the abort reason
   */
  get(signal?: AbortSignal): Promise<string>;
  /**
   * Call when the platform refuses a token: forgets it only if it is still the current one, and not again for a minute when
   * the platform hands out the same one again.
   */
  invalidate(failedToken: string): void;
}

interface HeldToken extends StoredToken {
  readonly staleAtMs: number;
  /** The platform handed out the token it had just refused; until then there is no point in asking again. */
  readonly repeatedUntilMs: number;
}

const DEFAULT_REFRESH_AHEAD_MS = 5 * 60_000;
const DEFAULT_HOLD_OFF_MS = 60_000;
const DEFAULT_LOCK_MS = 20_000;

/** One access token, fetched once for all who want it. */
export function createTokenCache(options: TokenCacheOptions): TokenCache {
  const { clock, shared, refreshAheadMs = DEFAULT_REFRESH_AHEAD_MS, holdOffMs = () => DEFAULT_HOLD_OFF_MS } = options;
  const onProblem = options.onProblem ?? (() => undefined);
  const obtain = shared
    ? createSharedRefresh({ ...shared, lockMs: shared.lockMs ?? DEFAULT_LOCK_MS, clock, fetch: fetchFresh, onProblem })
    : fetchFresh;

  let held: HeldToken | undefined;
  let refused: string | undefined;
  let flight: Flight<string> | undefined;
  let failure: { error: unknown; untilMs: number } | undefined;

  async function fetchFresh(signal: AbortSignal): Promise<StoredToken> {
    // Counted from before the call: the life of the token began at the latest when the answer was on its way.
    const askedAtMs = clock.now();
    const { value, expiresInSeconds } = await options.fetchToken(signal);
    return { value, expiresAtMs: askedAtMs + expiresInSeconds * 1000 };
  }

  /** Whether a token found in the shared store is worth taking: not the one refused here, and not nearly over. */
  const isUsable = (token: StoredToken): boolean =>
    token.value !== refused && token.expiresAtMs - clock.now() > refreshAheadMs;

  async function refresh(signal: AbortSignal): Promise<string> {
    try {
      const token = await obtain(signal, isUsable);
      const now = clock.now();
      const life = token.expiresAtMs - now;
      // The platform may repeat a token that is nearly over; without the half every call would then ask again.
      const staleAtMs = now + Math.max(life - refreshAheadMs, life / 2);
      held = { ...token, staleAtMs, repeatedUntilMs: token.value === refused ? now + DEFAULT_HOLD_OFF_MS : 0 };
      refused = undefined;
      failure = undefined;
      return token.value;
    } catch (error) {
      if (!signal.aborted) failure = { error, untilMs: clock.now() + holdOffMs(error) };
      throw error;
    }
  }

  function startRefresh(): Flight<string> {
    if (flight && !flight.abandoned) return flight;
    const started = startFlight((signal) =>
      refresh(signal).finally(() => {
        if (flight === started) flight = undefined;
      }),
    );
    flight = started;
    return started;
  }

  function refreshInBackground(): void {
    if (flight) return;
    const background = startRefresh();
    background.keep();
    background.join().catch((error: unknown) => onProblem("refresh", error));
  }

  return {
    async get(signal) {
      signal?.throwIfAborted();
      const now = clock.now();
      const mayAsk = failure === undefined || now >= failure.untilMs;

      if (held && now < held.expiresAtMs) {
        if (now >= held.staleAtMs && mayAsk) refreshInBackground();
        return held.value;
      }
      if (!mayAsk && !flight) throw failure?.error;
      return startRefresh().join(signal);
    },

    invalidate(failedToken) {
      if (held?.value !== failedToken || clock.now() < held.repeatedUntilMs) return;
      held = undefined;
      refused = failedToken;
    },
  };
}
