import type { Channel, Clock, Logger } from "@wxgate/core";
import { acknowledged, createCallbackWebhook, type XmlFields, xmlText } from "@wxgate/wecom-callback";
import { WecomCrypto } from "@wxgate/wecom-crypto";
import type { KfConfig } from "./config.ts";

/** KF's callbacks have less than 2 KiB. */
const MAX_BODY_BYTES = 64 * 1024;

/** What a callback tells: never a message, only that there are some. */
export interface Doorbell {
  /** Absent in the oldest form: any account may have news. */
  readonly openKfId?: string;
  /** For `sync_msg`, valid 10 minutes; not the configured Token. */
  readonly token?: string;
  /** Milliseconds since 1970, by the platform's clock. */
  readonly rungAt: number;
}

interface WebhookOptions {
  readonly id: string;
  readonly config: Pick<KfConfig, "corpId" | "token" | "encodingAESKey" | "callbackMaxSkewSeconds">;
  readonly clock: Clock;
  readonly log: Logger;
  /** Records the news and returns at once. */
  onNews(doorbell: Doorbell): void;
  /** Accounts were given to, or taken from, the app. */
  onAccountsChanged(): void;
  /** The channel is being closed: the platform shall try again, perhaps it reaches the next process. */
  isClosing(): boolean;
}

/** Verifies, notes that there is news, acknowledges. The pull comes after: the platform keeps the messages for 3 days. */
export function createWebhook(options: WebhookOptions): NonNullable<Channel["webhook"]> {
  const { id, config, clock, log } = options;
  const { corpId, token, encodingAESKey } = config;
  const webhook = createCallbackWebhook({
    format: "xml",
    candidates: [
      {
        id,
        crypto: new WecomCrypto({ token, encodingAESKey, receiveId: corpId }),
        likely: { toUserName: corpId, agentId: "" },
        accepts: isOurs,
      },
    ],
    maxBodyBytes: MAX_BODY_BYTES,
    maxSkewSeconds: config.callbackMaxSkewSeconds,
    clock,
    onRefused: (reason) => log.warn({ reason }, "callback refused"),
    onUnwanted: (body) =>
      log.warn(
        { event: xmlText(body, "Event"), agentId: xmlText(body, "AgentID") },
        "a callback came that is not customer service's; nothing was done about it: an app of this corp has this address",
      ),
    async handle({ body }) {
      if (xmlText(body, "Event") === "kf_account_auth_change") options.onAccountsChanged();
      else options.onNews(toDoorbell(body, clock.now()));
      return acknowledged();
    },
  });

  return async (request, next) => {
    if (!options.isClosing()) return webhook(request, next);
    return new Response("closing", { status: 503, headers: { "retry-after": "1" } });
  };
}

/** A self-built app may have the same address, token and key: its events are not ours. */
function isOurs(body: XmlFields): boolean {
  const event = xmlText(body, "Event");
  return event === "kf_msg_or_event" || event === "kf_account_auth_change";
}

function toDoorbell(body: XmlFields, now: number): Doorbell {
  const openKfId = xmlText(body, "OpenKfId")?.trim();
  const token = xmlText(body, "Token")?.trim();
  const seconds = Number(xmlText(body, "CreateTime"));
  return {
    ...(openKfId ? { openKfId } : {}),
    ...(token ? { token } : {}),
    rungAt: Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : now,
  };
}
