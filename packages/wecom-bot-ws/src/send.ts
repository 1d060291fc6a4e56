import { chunkMessages } from "@wxgate/chunker";
import {
  type Channel,
  type ChannelPorts,
  type JsonObject,
  type Logger,
  type OutboundContent,
  type OutboundMedia,
  type OutboundMessage,
  ProtocolError,
  type SendReceipt,
  textField,
} from "@wxgate/core";
import { expiredUpload } from "@wxgate/wecom-api";
import {
  type BotBody,
  cardBody,
  cardUpdateBody,
  finalContent,
  markdownBody,
  mediaBody,
  type StreamLook,
  streamBody,
  streamIdOf,
} from "@wxgate/wecom-bot-message";
import { checkCard } from "@wxgate/wecom-card";
import type { BotApi } from "./api.ts";
import type { Cards } from "./cards.ts";
import type { WecomBotWsConfig } from "./config.ts";
import { codeOf, ERR_REQ_ID, ERR_STREAM_OVER, isUnknownOutcome, noAudience } from "./errors.ts";
import type { Pacing } from "./pacing.ts";
import { answerable, type StreamPlace } from "./place.ts";
import { LONGEST_WINDOW_MS } from "./settling.ts";
import type { Streams, Words } from "./streams.ts";

export interface SendOptions {
  readonly config: Pick<WecomBotWsConfig, "proactiveMaxBytes" | "feedback" | "notices">;
  readonly api: Pick<BotApi, "respond" | "sendMessage" | "updateCard">;
  readonly streams: Pick<Streams, "retire" | "finish" | "forget">;
  readonly cards: Cards;
  readonly pacing: Pacing;
  readonly look: StreamLook;
  readonly ports: Pick<ChannelPorts, "state" | "clock">;
  readonly log: Logger;
}

/** What is remembered of a message whose outcome is not known yet. */
const KEPT_MS = 3_600_000;

/** Sends one prepared and staged piece: the end of a bubble, an answer to a message, or a message of our own accord. */
export function createSend(options: SendOptions): Channel["send"] {
  const { config, api, streams, cards, pacing, ports, log } = options;
  const { state, clock } = ports;

  return async function send(message, signal) {
    if (message.to.kind === "audience") throw noAudience(message.to.peer);
    const content = onlyContent(message);
    const place = streams.retire(message.stream);
    const ended = place && (await endBubble(place, content, message, signal));
    if (ended?.isWhole) return ended.receipt;
    // A file or card is rated by the bubble above it.
    return { ...(await sendContent(content, message, signal)), ...ended?.receipt };
  };

  /** `isWhole`: the content is in the bubble; otherwise it is still to be sent, as a message of its own. */
  async function endBubble(
    place: StreamPlace,
    content: OutboundContent,
    message: OutboundMessage,
    signal: AbortSignal,
  ): Promise<{ readonly receipt: SendReceipt; readonly isWhole: boolean } | undefined> {
    const isText = content.kind === "text";
    if ((!isText && !place.shown) || clock.now() > place.openedAt + LONGEST_WINDOW_MS) {
      streams.forget(place);
      return undefined;
    }
    const receipt = await finish(place, isText ? content : { text: config.notices.attachment }, message, signal);
    streams.forget(place);
    return receipt && { receipt, isWhole: isText };
  }

  /** Undefined: the platform ended the bubble before, without this text. */
  async function finish(
    place: StreamPlace,
    words: Words,
    message: OutboundMessage,
    signal: AbortSignal,
  ): Promise<SendReceipt | undefined> {
    const key = `final:${message.id}`;
    const wasTried = message.attempt > 1 && (await state.get(key)) === true;
    // Beside the frame, not before it: it matters only when the answer to the frame is lost.
    const noted = state.set(key, true, { ttlMs: KEPT_MS }).catch((error: unknown) => {
      log.warn({ err: error, message: message.id }, "that a bubble's end was tried could not be noted");
    });
    try {
      const { id } = await streams.finish(place, words, signal);
      return { platformId: id };
    } catch (error) {
      const code = codeOf(error);
      if (code === ERR_STREAM_OVER && wasTried) {
        log.info({ message: message.id }, "the bubble had ended by an earlier attempt");
        return { platformId: streamIdOf(place.message), unconfirmed: true };
      }
      await noted;
      if (!isUnknownOutcome(error) && !wasTried) await state.delete(key);
      if (code === ERR_STREAM_OVER || code === ERR_REQ_ID) return undefined;
      throw error;
    }
  }

  async function sendContent(
    content: OutboundContent,
    message: OutboundMessage,
    signal: AbortSignal,
  ): Promise<SendReceipt> {
    switch (content.kind) {
      case "text":
        return sendText(content, message, signal);
      case "image":
      case "voice":
      case "video":
      case "file":
        await sendMedia(content, message, signal);
        return { platformId: message.id };
      case "card":
        await sendCard(content.card, message, signal);
        return { platformId: message.id };
      case "native":
        await deliver(nativeBody(content.payload), message, signal);
        return { platformId: message.id };
      default:
        throw new ProtocolError(`a piece holds "${content.kind}", which the bot cannot send as it is`, {
          code: "wecom-bot.not-prepared",
        });
    }
  }

  /** An answer is a bubble that is whole at once: by its id the platform knows a repeat. */
  async function sendText(
    { text, thought }: Words,
    message: OutboundMessage,
    signal: AbortSignal,
  ): Promise<SendReceipt> {
    const handle = answerable(message, clock.now());
    if (handle === undefined) return sendProactive(text, message, signal);
    const id = streamIdOf(message.id);
    const content = finalContent(text, options.look, thought);
    try {
      const feedbackId = config.feedback ? id : undefined;
      const body = streamBody({ id, content, finish: true, feedbackId });
      await pacing.send(message.to, () => api.respond(handle.reqId, body, signal), signal);
      return { platformId: id };
    } catch (error) {
      const code = codeOf(error);
      // Nobody else uses this id: an earlier attempt arrived.
      if (code === ERR_STREAM_OVER && message.attempt > 1) return { platformId: id, unconfirmed: true };
      if (code !== ERR_REQ_ID && code !== ERR_STREAM_OVER) throw error;
      return sendProactive(text, message, signal);
    }
  }

  /** In parts where it is long; a repeat goes on behind those that were taken. */
  async function sendProactive(text: string, message: OutboundMessage, signal: AbortSignal): Promise<SendReceipt> {
    const parts = chunkMessages(finalContent(text, options.look), { maxBytes: config.proactiveMaxBytes });
    const key = `parts:${message.id}`;
    const done = parts.length > 1 && message.attempt > 1 ? Number((await state.get(key)) ?? 0) : 0;
    for (const [index, part] of parts.entries()) {
      if (index < done) continue;
      const body = markdownBody(part, feedbackOf(message));
      await pacing.send(message.to, () => api.sendMessage(chatOf(message), body, signal), signal);
      if (index < parts.length - 1) await state.set(key, index + 1, { ttlMs: 24 * KEPT_MS });
    }
    return { platformId: message.id };
  }

  async function sendMedia(media: OutboundMedia, message: OutboundMessage, signal: AbortSignal): Promise<void> {
    const { kind, mediaId } = media;
    if (mediaId === undefined) {
      throw new ProtocolError(`a ${kind} was not uploaded before it was sent`, { code: "wecom-bot.not-staged" });
    }
    try {
      await deliver(mediaBody(kind, mediaId), message, signal);
    } catch (error) {
      throw expiredUpload(error, message.attempt) ?? error;
    }
  }

  /** A card whose own button was tapped a moment ago changes in its place. */
  async function sendCard(source: JsonObject, message: OutboundMessage, signal: AbortSignal): Promise<void> {
    const checked = checkCard(source, { platform: "bot", taskId: message.id });
    const card = { ...checked.card } as unknown as JsonObject;
    const tap = cards.open(textField(card, "task_id") ?? "");
    if (tap === undefined || !(await changed(tap.reqId, card, signal))) {
      await deliver(cardBody(card, feedbackOf(message)), message, signal);
    }
    await cards.remember(card);
  }

  async function changed(reqId: string, card: JsonObject, signal: AbortSignal): Promise<boolean> {
    try {
      await api.updateCard(reqId, cardUpdateBody(card), signal);
      return true;
    } catch (error) {
      if (codeOf(error) !== ERR_REQ_ID) throw error;
      return false;
    }
  }

  /** By the message it answers, or of our own accord. */
  async function deliver(body: BotBody, message: OutboundMessage, signal: AbortSignal): Promise<void> {
    const handle = answerable(message, clock.now());
    if (handle !== undefined) {
      try {
        return await pacing.send(message.to, () => api.respond(handle.reqId, body, signal), signal);
      } catch (error) {
        if (codeOf(error) !== ERR_REQ_ID) throw error;
      }
    }
    await pacing.send(message.to, () => api.sendMessage(chatOf(message), body, signal), signal);
  }

  function feedbackOf({ id }: OutboundMessage): string | undefined {
    return config.feedback ? id : undefined;
  }
}

function chatOf({ to }: OutboundMessage): { id: string; kind: "direct" | "group" } {
  return { id: to.peer, kind: to.kind === "group" ? "group" : "direct" };
}

function nativeBody(payload: JsonObject): BotBody {
  const msgtype = textField(payload, "msgtype");
  if (msgtype !== undefined) return { ...payload, msgtype };
  throw new ProtocolError("the bot's own JSON needs a msgtype", { code: "wecom-bot.bad-native" });
}

function onlyContent({ piece }: OutboundMessage): OutboundContent {
  const [content] = piece.content;
  if (content !== undefined && piece.content.length === 1) return content;
  throw new ProtocolError(`a piece holds ${piece.content.length} contents; the bot sends one per message`, {
    code: "wecom-bot.not-prepared",
  });
}
