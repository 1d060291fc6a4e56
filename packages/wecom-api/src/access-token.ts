import { createHash } from "node:crypto";
import {
  AuthenticationError,
  type Clock,
  type Logger,
  numberField,
  ProtocolError,
  TransientError,
  textField,
} from "@wxgate/core";
import { createTokenCache, type FetchedToken, type TokenCache, type TokenStore } from "@wxgate/token-cache";
import type { ErrcodeTable } from "./errcode-rule.ts";
import { type Exchange, type ExchangeRequest, readAnswer } from "./exchange.ts";
import type { HealthRecord } from "./health.ts";
import type { RateWaits } from "./rate-waits.ts";
import { redactedCause } from "./redact.ts";
import type { Secrets } from "./secrets.ts";
import { toWecomError } from "./to-error.ts";

const PATH = "gettoken";
const USUAL_LIFE_SECONDS = 7_200;
/** WeCom bans an address for an hour that keeps asking with a wrong secret. */
const REFUSED_HOLD_OFF_MS = 60_000;

export interface AccessTokenOptions {
  readonly corpId: string;
  readonly secret: string;
  readonly secrets: Secrets;
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly tables: readonly ErrcodeTable[];
  readonly health: HealthRecord;
  readonly rates: RateWaits;
  readonly tokenStore?: TokenStore;
  readonly log?: Logger;
}

/** The access token of one app; https://developer.work.weixin.qq.com/document/path/91039 */
export function createAccessToken(options: AccessTokenOptions): TokenCache {
  const { corpId, secret, secrets, exchange, clock, tables, health, rates, tokenStore, log } = options;

  async function fetchToken(signal: AbortSignal): Promise<FetchedToken> {
    const query = { corpid: corpId, corpsecret: secret };
    const request: ExchangeRequest = { method: "GET", path: PATH, query, secrets, signal };
    const calledAtMs = clock.now();
    const { errcode, errmsg, fields } = await readAnswer(await exchange(request), request);
    if (errcode !== 0) {
      const retryAt = errcode === 45009 ? new Date(rates.refused(PATH)) : undefined;
      const error = toWecomError({ path: PATH, errcode, errmsg }, { tables, secrets: secrets.values, retryAt });
      health.failed(PATH, error);
      throw error;
    }
    const value = textField(fields, "access_token");
    const expiresInSeconds = numberField(fields, "expires_in") ?? USUAL_LIFE_SECONDS;
    if (value === undefined || expiresInSeconds <= 0) {
      throw new ProtocolError("WeCom's answer to gettoken holds no token", { code: "wecom.bad-answer" });
    }
    health.worked(PATH);
    rates.worked(PATH, calledAtMs);
    return { value, expiresInSeconds };
  }

  return createTokenCache({
    fetchToken,
    clock,
    holdOffMs: (error) => holdOffMs(error, clock.now()),
    shared: tokenStore && { store: tokenStore, key: tokenKey(corpId, secret) },
    onProblem: (problem, error) =>
      log?.warn({ problem, err: redactedCause(error, secrets.values) }, "access token: the background work failed"),
  });
}

function holdOffMs(error: unknown, nowMs: number): number {
  if (error instanceof AuthenticationError) return REFUSED_HOLD_OFF_MS;
  if (error instanceof TransientError && typeof error.until === "object" && error.until.at) {
    return error.until.at.getTime() - nowMs;
  }
  return 0;
}

/** Two apps of one corp have different tokens, so the secret takes part; as a hash, since keys are shown. */
function tokenKey(corpId: string, secret: string): string {
  return `${corpId}/${createHash("sha256").update(`${corpId}\n${secret}`).digest("hex").slice(0, 16)}`;
}
