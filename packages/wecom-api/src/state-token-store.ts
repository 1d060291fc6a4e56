import { Buffer } from "node:buffer";
import type { Random, State } from "@wxgate/core";
import type { StoredToken, TokenStore } from "@wxgate/token-cache";

/** Shares tokens by a channel's durable state: sealed, gone when they expire, one gateway at a time asking for a new one. */
export function createStateTokenStore(state: State, random: Random, now: () => number): TokenStore {
  const tokenKey = (key: string): string => `token/${key}`;
  const lockKey = (key: string): string => `token-lock/${key}`;

  return {
    async get(key) {
      return toStoredToken(await state.get(tokenKey(key)));
    },
    async set(key, { value, expiresAtMs }) {
      const ttlMs = Math.max(1, expiresAtMs - now());
      await state.set(tokenKey(key), { value, expiresAtMs }, { ttlMs, sealed: true });
    },
    async lock(key, ttlMs) {
      const owner = Buffer.from(random.bytes(12)).toString("hex");
      if (!(await state.compareAndSet(lockKey(key), undefined, owner, { ttlMs }))) return undefined;
      return {
        async release() {
          // Ours may have ended meanwhile and another one begun.
          if ((await state.get(lockKey(key))) === owner) await state.delete(lockKey(key));
        },
      };
    },
  };
}

function toStoredToken(found: unknown): StoredToken | undefined {
  const { value, expiresAtMs } = (found ?? {}) as Partial<StoredToken>;
  return typeof value === "string" && typeof expiresAtMs === "number" ? { value, expiresAtMs } : undefined;
}
