import type { Channel, ChannelPorts, InboundEvent, InboundMessage } from "@wxgate/core";
import {
  acknowledged,
  type Callback,
  createCallbackWebhook,
  sealXmlReply,
  textResponse,
  type XmlFields,
} from "@wxgate/wecom-callback";
import { WecomCrypto } from "@wxgate/wecom-crypto";
import { asAsked, type Cards, type SentCard } from "./cards.ts";
import type { AgentXmlConfig } from "./config.ts";
import { type AppCardTap, isSystem, type ParseContext, parseCallback } from "./parse.ts";
import { tapAnswer } from "./tap-answer.ts";
import { word } from "./wire.ts";

interface WebhookOptions {
  readonly context: ParseContext;
  readonly config: Pick<AgentXmlConfig, "corpId" | "callbackMaxSkewSeconds" | "cardDone">;
  readonly keys: { readonly token: string; readonly encodingAESKey: string };
  readonly cards: Cards;
  readonly ports: Pick<ChannelPorts, "inbox" | "instant" | "clock" | "log">;
  /** Sees every event before it is stored. */
  beforeStored(event: InboundEvent): Promise<void>;
  /** Hears of every event that was not known before; returns at once. */
  onEvent(event: InboundEvent): void;
}

/** Verifies, stores, acknowledges. Nothing here waits for an agent or for the platform. */
export function createWebhook(options: WebhookOptions): NonNullable<Channel["webhook"]> {
  const { context, config, keys, cards, ports } = options;
  const { corpId } = config;
  const crypto = new WecomCrypto({ ...keys, receiveId: corpId });

  async function handle(callback: Callback<"xml">): Promise<Response> {
    const { message, event, tap } = parseCallback(callback.body, context);
    try {
      const sent = tap && (await cards.find(tap.taskId, tap.member));
      if (tap !== undefined) await keepTap(tap, sent, event);
      if (event !== undefined) await options.beforeStored(event);
      await accept(message && tap ? asAsked(message, tap, sent) : message, event);
      return tap !== undefined && (await maySee(event)) ? answer(callback, tap, sent) : acknowledged();
    } catch (error) {
      ports.log.error({ err: error }, "the callback could not be stored; WeCom will send it again");
      return new Response("not stored", { status: 503, headers: { "retry-after": "1" } });
    }
  }

  /** What an answer to the tap needs: its code, and that the card it asks for by its author's id is this one. */
  async function keepTap(tap: AppCardTap, sent: SentCard | undefined, event: InboundEvent | undefined): Promise<void> {
    if (tap.responseCode !== undefined) await cards.keepCode(tap.taskId, tap.member, tap.responseCode);
    if (sent?.askedAs !== undefined && event !== undefined) await cards.nameIn(event.from, sent.askedAs, tap.taskId);
  }

  /** The card's new state is an answer: whoever may not talk gets none. */
  async function maySee(event: InboundEvent | undefined): Promise<boolean> {
    return event !== undefined && (await ports.instant(event, { kind: "text", text: config.cardDone })) !== undefined;
  }

  async function accept(message: InboundMessage | undefined, event: InboundEvent | undefined): Promise<void> {
    if (message === undefined && event === undefined) return;
    const { fresh } = await ports.inbox.accept({
      messages: message === undefined ? [] : [message],
      events: event === undefined ? [] : [event],
    });
    if (event !== undefined && fresh.has(event.id)) options.onEvent(event);
  }

  function answer({ receiveId, nonce }: Callback<"xml">, tap: AppCardTap, sent: SentCard | undefined): Response {
    const nowMs = ports.clock.now();
    const xml = tapAnswer(tap, sent, { corpId, done: config.cardDone, nowMs });
    if (xml === undefined) return acknowledged();
    const sealed = sealXmlReply(crypto, xml, { receiveId, timestamp: Math.floor(nowMs / 1000), nonce });
    return textResponse(sealed, "text/xml; charset=utf-8");
  }

  return createCallbackWebhook({
    format: "xml",
    candidates: [
      {
        id: context.channel,
        crypto,
        likely: { toUserName: corpId, agentId: context.account },
        accepts: (body) => isOurs(body, context.account),
      },
    ],
    maxSkewSeconds: config.callbackMaxSkewSeconds,
    clock: ports.clock,
    onRefused: (reason) => ports.log.warn({ reason }, "callback refused"),
    onUnwanted: (body) =>
      ports.log.warn(
        { event: word(body, "Event"), agentId: word(body, "AgentID"), configured: context.account },
        "a callback came that is not this app's; nothing was done about it: compare agentId with the app's page",
      ),
    handle,
  });
}

/** Another app, or customer service, may have the same address, token and key. */
function isOurs(body: XmlFields, account: string): boolean {
  const event = word(body, "Event")?.toLowerCase();
  if (event === "kf_msg_or_event" || event === "kf_account_auth_change") return false;
  const agentId = word(body, "AgentID");
  // Changes of contacts name no app. Some callbacks of them have 0.
  return agentId === undefined || agentId === account || (agentId === "0" && isSystem(word(body, "FromUserName")));
}
