import type { SimClock } from "../clock.ts";
import { type Faults, numberOf } from "../faults.ts";
import type { JsonObject } from "../json.ts";
import type { Corps } from "./corps.ts";
import { QyapiError } from "./errors.ts";
import type { Tokens } from "./tokens.ts";

const TOKEN_LIFETIME_SECONDS = 7200;
const BAN_MS = 3_600_000;

export interface GetToken {
  /** @throws QyapiError in the words of the platform. */
  handle(query: URLSearchParams, ip: string): JsonObject;
  clear(): void;
}

/** @param wrongSecretsBeforeBan so many refused secrets from one address, then 45009 for an hour. */
export function createGetToken(
  { corps, tokens, faults, clock }: { corps: Corps; tokens: Tokens; faults: Faults; clock: SimClock },
  wrongSecretsBeforeBan: number,
): GetToken {
  const refused = new Map<string, { count: number; bannedUntil: number }>();

  function countRefusal(ip: string): void {
    const record = refused.get(ip) ?? { count: 0, bannedUntil: 0 };
    record.count += 1;
    if (record.count >= wrongSecretsBeforeBan) {
      record.bannedUntil = clock.now() + BAN_MS;
      record.count = 0;
    }
    refused.set(ip, record);
  }

  return {
    handle(query, ip) {
      if ((refused.get(ip)?.bannedUntil ?? 0) > clock.now()) throw new QyapiError(45009);
      const corpId = query.get("corpid");
      const secret = query.get("corpsecret");
      if (!corpId) throw new QyapiError(41002);
      if (!secret) throw new QyapiError(41004);
      const corp = corps.find(corpId);
      if (!corp) throw new QyapiError(40013);
      const credential = corp.credentials.get(secret);
      if (!credential) {
        countRefusal(ip);
        throw new QyapiError(corps.isForeignSecret(corp, secret) ? 40091 : 40001);
      }
      refused.delete(ip);
      const short = faults.take("gettoken.expires-in", [corpId]);
      const fresh = faults.take("gettoken.new-each-time", [corpId]) !== undefined || short !== undefined;
      const lifetimeSeconds = short ? numberOf(short) : TOKEN_LIFETIME_SECONDS;
      const token = tokens.issue(credential, { lifetimeSeconds, fresh });
      const left = Math.max(1, Math.floor((token.expiresAt - clock.now()) / 1000));
      return { access_token: token.value, expires_in: left };
    },
    clear: () => refused.clear(),
  };
}
