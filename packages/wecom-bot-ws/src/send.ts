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
  nativeBody,
  refuseAudience,
  type StreamLook,
  streamBody,
  streamIdOf,
} from "@wxgate/wecom-bot-message";
import { checkedContent } from "@wxgate/wecom-card";
import type { BotApi } from "./api.ts";
import type { Cards } from "./cards.ts";
import { LONGEST_WINDOW_MS } from "./closing.ts";
import type { WecomBotWsConfig } from "./config.ts";
import { codeOf, ERR_REQ_ID, ERR_STREAM_OVER, isUnknownOutcome } from "./errors.ts";
import type { Pacing } from "./pacing.ts";
import { answerable, placeFromJson, placeToJson, type StreamPlace } from "./place.ts";
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

/** What documents say at least; a bubble that takes no more before was ended by us. */
const SHORTEST_WINDOW_MS = 6 * 60_000;
/** What is remembered of a message that is not sent yet. */
const KEPT_MS = 3_600_000;

/** Sends one prepared and staged piece: the end of a bubble, an answer to a message, or a message of our own accord. */
export function createSend(options: SendOptions): Channel["send"] {
  const { config, api, streams, cards, pacing, ports, log } = options;
  const { state, clock } = ports;

  return async function send(message, signal) {
    refuseAudience(message.to);
    const content = onlyContent(message);
    const place = await streams.retire(message.stream, message);
    const ended = place && (await endBubble(place, content, message, signal));
    if (ended?.isWhole) return ended.receipt;
    // What follows a bubble is rated by it.
    const below = place === undefined ? message : { ...message, stream: placeToJson(place) };
    const rated = bubbleAbove(below);
    const receipt = await sendContent(content, below, signal);
    return { ...receipt, ...(rated === undefined ? {} : { platformId: rated }), ...ended?.receipt };
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
    try {
      const { id } = await streams.finish(place, words, signal);
      return { platformId: id };
    } catch (error) {
      const code = codeOf(error);
      if (code === ERR_STREAM_OVER && (await hasEnded(place, message))) {
        log.info({ message: message.id }, "the bubble had ended by an earlier attempt");
        return { platformId: streamIdOf(place.message), unconfirmed: true };
      }
      if (code === ERR_STREAM_OVER || code === ERR_REQ_ID) return undefined;
      if (!isUnknownOutcome(error)) await noteUnsent(message);
      throw error;
    }
  }

  /**
   * Whether an earlier attempt, whose outcome nobody knows, ended the bubble. Its window may be over instead where that is
   * possible; then a second message is better than none.
   */
  async function hasEnded({ openedAt }: StreamPlace, { id, attempt }: OutboundMessage): Promise<boolean> {
    if (attempt === 1 || clock.now() > openedAt + SHORTEST_WINDOW_MS) return false;
    return (await unsentBefore(id)) < attempt - 1;
  }

  /** How many attempts, from the first on, certainly did not arrive. A process that was killed has noted nothing. */
  async function unsentBefore(id: string): Promise<number> {
    return Number((await state.get(`unsent:${id}`)) ?? 0);
  }

  async function noteUnsent({ id, attempt }: OutboundMessage): Promise<void> {
    try {
      if ((await unsentBefore(id)) < attempt - 1) return;
      await state.set(`unsent:${id}`, attempt, { ttlMs: KEPT_MS });
    } catch (error) {
      log.warn({ err: error, message: id }, "that a bubble's end was not sent could not be noted");
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
      const feedbackId = config.feedback ? (bubbleAbove(message) ?? id) : undefined;
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
    const { card } = checkedContent(
      { card: source },
      { platform: "bot", taskId: message.id, submit: config.notices.submit },
    );
    const tap = cards.open(textField(card, "task_id") ?? "");
    // Before anybody can tap it.
    await cards.remember(card);
    if (tap !== undefined && (await changed(tap.reqId, card, signal))) return;
    await deliver(cardBody(card, feedbackOf(message)), message, signal);
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

  function feedbackOf(message: OutboundMessage): string | undefined {
    return config.feedback ? (bubbleAbove(message) ?? message.id) : undefined;
  }
}

/** The id of the bubble that this answer began in, by which people rate it wherever it ended. */
function bubbleAbove({ stream }: OutboundMessage): string | undefined {
  const place = placeFromJson(stream);
  return place === undefined ? undefined : streamIdOf(place.message);
}

function chatOf({ to }: OutboundMessage): { id: string; kind: "direct" | "group" } {
  return { id: to.peer, kind: to.kind === "group" ? "group" : "direct" };
}

function onlyContent({ piece }: OutboundMessage): OutboundContent {
  const [content] = piece.content;
  if (content !== undefined && piece.content.length === 1) return content;
  throw new ProtocolError(`a piece holds ${piece.content.length} contents; the bot sends one per message`, {
    code: "wecom-bot.not-prepared",
  });
}
