import { randomId } from "../ids.ts";
import type { Credential } from "./corps.ts";
import { QyapiError } from "./errors.ts";

export interface AccessToken {
  readonly value: string;
  readonly credential: Credential;
  readonly expiresAt: number;
  revoked: boolean;
}

export interface Tokens {
  /** The credential's token: the same one while it is valid, unless `fresh` is asked for. */
  issue(credential: Credential, options: { lifetimeSeconds: number; fresh: boolean }): AccessToken;
  /** @throws QyapiError 41001, 40014 or 42001. */
  check(value: string | null): AccessToken;
  /** The corp a token was made for, valid or not. */
  corpIdOf(value: string | null): string | undefined;
  /** Makes tokens invalid from now on; of one corp, or all. Returns how many. */
  revoke(corpId?: string): number;
  clear(): void;
}

const KEPT_EXPIRED = 1000;

export function createTokens(now: () => number): Tokens {
  const byValue = new Map<string, AccessToken>();
  const current = new Map<Credential, AccessToken>();
  const isValid = (token: AccessToken) => !token.revoked && token.expiresAt > now();

  return {
    issue(credential, { lifetimeSeconds, fresh }) {
      const known = current.get(credential);
      if (known && isValid(known) && !fresh) return known;
      const value = randomId("AT", 48);
      const token: AccessToken = { value, credential, expiresAt: now() + lifetimeSeconds * 1000, revoked: false };
      byValue.set(token.value, token);
      current.set(credential, token);
      for (const [oldest, record] of byValue) {
        if (byValue.size <= KEPT_EXPIRED || isValid(record)) break;
        byValue.delete(oldest);
      }
      return token;
    },
    check(value) {
      if (!value) throw new QyapiError(41001);
      const token = byValue.get(value);
      if (!token || token.revoked) throw new QyapiError(40014);
      if (token.expiresAt <= now()) throw new QyapiError(42001);
      return token;
    },
    corpIdOf: (value) => (value ? byValue.get(value)?.credential.corp.corpId : undefined),
    revoke(corpId) {
      const hit = [...byValue.values()].filter((t) => isValid(t) && (!corpId || t.credential.corp.corpId === corpId));
      for (const token of hit) token.revoked = true;
      return hit.length;
    },
    clear() {
      byValue.clear();
      current.clear();
    },
  };
}
