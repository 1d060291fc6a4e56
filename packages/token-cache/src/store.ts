/** A token as it is kept and shared. */
export interface StoredToken {
  readonly value: string;
  /** Unix milliseconds. */
  readonly expiresAtMs: number;
}

/**
 * Where several processes share one token. A store that fails (throws) is no obstacle: the cache then works alone.
 * Whoever implements it seals the value at rest.
 */
export interface TokenStore {
  get(key: string): Promise<StoredToken | undefined>;
  /** May forget the token once `expiresAtMs` has passed. */
  set(key: string, token: StoredToken): Promise<void>;
  /**
   * Takes a short lock so that one process at a time asks for a token; undefined when another one holds it.
   *
   * @param ttlMs the lock ends by itself after this time, should its holder die
   */
  lock(key: string, ttlMs: number): Promise<TokenLock | undefined>;
}

export interface TokenLock {
  release(): Promise<void>;
}
