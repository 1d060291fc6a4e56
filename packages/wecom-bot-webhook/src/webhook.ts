import {
  type Channel,
  type ChannelPorts,
  type InboundEvent,
  type InboundMessage,
  type JsonObject,
  type Logger,
  objectField,
  TrackedResponse,
  textField,
} from "@wxgate/core";
import {
  type BotBody,
  type BotContext,
  type BotEvent,
  botOf,
  EVENT_ANSWER_MS,
  messageIdOf,
  parseBotEvent,
  parseBotMessage,
  type StreamLook,
  streamBody,
  untilStored,
} from "@wxgate/wecom-bot-message";
import { type Callback, createCallbackWebhook, sealJsonReply, textResponse } from "@wxgate/wecom-callback";
import { WecomCrypto } from "@wxgate/wecom-crypto";
import { WAY_BACK_MS } from "./answer-events.ts";
import type { WecomBotWebhookConfig } from "./config.ts";
import type { Records } from "./records.ts";
import type { Refresh, Shown } from "./refresh.ts";
import type { ResponseUrls } from "./response-url.ts";
import { bubbleIdOf, messageOfBubble } from "./stream-id.ts";
import { wayToJson } from "./way.ts";

const JSON_TYPE = "application/json";
/** The bubble's time leaves this much. */
const CLOCKS_DIFFER_MS = 10_000;

interface WebhookOptions {
  readonly channel: string;
  readonly account: string;
  readonly config: WecomBotWebhookConfig;
  readonly look: StreamLook;
  readonly refresh: Refresh;
  readonly records: Pick<Records, "setMessage" | "answerOf">;
  readonly urls: Pick<ResponseUrls, "isAllowed">;
  readonly ports: Pick<ChannelPorts, "inbox" | "clock">;
  readonly log: Logger;
  answerEvent(event: BotEvent): Promise<JsonObject | undefined>;
}

/** What is said inside the response. */
type Answer = Pick<Shown, "sent"> & { readonly body: JsonObject };

/** Verifies, stores, and answers with the bubble, the welcome or the card; a refresh is answered from the state alone. */
export function createWebhook(options: WebhookOptions): NonNullable<Channel["webhook"]> {
  const { channel, account, config, look, refresh, records, urls, ports, log } = options;
  const { token, encodingAESKey, receiveId, botId, notices } = config;
  const crypto = new WecomCrypto({ token, encodingAESKey, receiveId });

  async function handle(callback: Callback<"json">): Promise<Response> {
    const body = callback.body as JsonObject;
    const reply = await answerOf(body).catch((error: unknown) => {
      // Whatever a callback holds, an error status would only bring it again.
      log.error({ err: error, id: messageIdOf(body).slice(0, 128) }, "a callback could not be handled");
      return undefined;
    });
    return reply === undefined ? new Response(null, { status: 200 }) : sealed(callback, reply);
  }

  function answerOf(body: JsonObject): Promise<Answer | undefined> {
    const context: BotContext = { channel, account, botName: config.botName, receivedAt: ports.clock.now() };
    switch (textField(body, "msgtype")) {
      case "stream":
        return refresh(textField(objectField(body, "stream"), "id") ?? "");
      case "event":
        return takeEvent(body, context);
      default:
        return takeMessage(body, context);
    }
  }

  async function takeMessage(body: JsonObject, context: BotContext): Promise<Answer | undefined> {
    const message = parseBotMessage(
      body,
      context,
      wayToJson({ at: context.receivedAt, bubble: true, ...fromOf(body), ...urlOf(body) }),
    );
    if (message === undefined) {
      log.warn({ id: messageIdOf(body).slice(0, 128) }, "a callback that names nobody was left out");
      return undefined;
    }
    const streamId = bubbleIdOf(message.id);
    try {
      const { fresh, overheard } = await ports.inbox.accept({ messages: [message] });
      // Nobody spoke to us: a bubble would be an answer.
      if (overheard?.has(message.id)) return undefined;
      if (!fresh.has(message.id)) return await refresh(streamId);
    } catch (error) {
      log.error(
        { err: error, id: message.id.slice(0, 128) },
        "a message could not be stored; its sender is asked to repeat it",
      );
      return { body: frame(streamId, notices.sendAgain, true) };
    }
    // What its id does not tell, or the platform's clock tells otherwise: the refreshes look here instead.
    const aheadMs = message.sentAt.getTime() - context.receivedAt;
    if (messageOfBubble(streamId) === undefined || Math.abs(aheadMs) > CLOCKS_DIFFER_MS) {
      await records.setMessage(streamId, context.receivedAt, message.id);
    }
    return { body: frame(streamId, look.placeholder, false) };
  }

  async function takeEvent(body: JsonObject, context: BotContext): Promise<Answer | undefined> {
    const parsed = parseBotEvent(body, context);
    if (parsed === undefined) return undefined;
    const way = wayToJson({ at: context.receivedAt, bubble: false, ...urlOf(body) });
    const messages = parsed.kind === "card-tapped" ? [{ ...parsed.message, replyHandle: way }] : [];
    await storeEvent(parsed.event, messages, context.receivedAt);
    const reply = await options.answerEvent(parsed);
    return reply && { body: reply };
  }

  /** In the time an answer has. Of a message that is not stored its bubble tells; a tap would be lost without a word. */
  async function storeEvent(
    event: InboundEvent,
    messages: readonly InboundMessage[],
    receivedAt: number,
  ): Promise<void> {
    await untilStored(async () => ports.inbox.accept({ messages, events: [await linked(event)] }), {
      clock: ports.clock,
      until: receivedAt + EVENT_ANSWER_MS - WAY_BACK_MS,
      onFailure: (error, failures) =>
        log.warn({ err: error, id: event.id.slice(0, 128), failures }, "an event could not be stored, will try again"),
    });
  }

  /** A bubble whose answer went another way is rated all the same. */
  async function linked(event: InboundEvent): Promise<InboundEvent> {
    if (event.kind !== "feedback" || event.messageId === undefined) return event;
    const messageId = await records.answerOf(event.messageId);
    return messageId === undefined ? event : { ...event, messageId };
  }

  function fromOf(body: JsonObject): { from?: string } {
    const from = textField(objectField(body, "from"), "userid");
    return from === undefined ? {} : { from };
  }

  function urlOf(body: JsonObject): { url?: string } {
    const url = textField(body, "response_url");
    if (url === undefined) return {};
    if (urls.isAllowed(url)) return { url };
    log.warn({ host: URL.canParse(url) ? new URL(url).host : "" }, "a response_url of another host was left out");
    return {};
  }

  function frame(id: string, content: string, finish: boolean): BotBody {
    return streamBody({ id, content, finish, feedbackId: config.feedback ? id : undefined });
  }

  function sealed({ receiveId: own, nonce }: Callback<"json">, { body, sent }: Answer): Response {
    const timestamp = Math.floor(ports.clock.now() / 1000);
    const text = sealJsonReply(crypto, JSON.stringify(body), { receiveId: own, timestamp, nonce });
    if (sent === undefined) return textResponse(text, JSON_TYPE);
    return new TrackedResponse(text, { headers: { "content-type": JSON_TYPE } }, sent);
  }

  return createCallbackWebhook({
    format: "json",
    candidates: [
      {
        id: channel,
        crypto,
        accepts(body) {
          const bot = botOf(body as JsonObject);
          const isOurs = botId === undefined || bot === undefined || bot === botId;
          if (!isOurs) log.warn({ bot: bot?.slice(0, 64) }, "a callback for another bot was left out");
          return isOurs;
        },
      },
    ],
    maxSkewSeconds: config.callbackMaxSkewSeconds,
    clock: ports.clock,
    onRefused: (reason) => log.warn({ reason }, "callback refused"),
    handle,
  });
}
