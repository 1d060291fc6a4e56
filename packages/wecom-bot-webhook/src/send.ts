import { joinMessages, truncateText } from "@wxgate/chunker";
import {
  type Channel,
  type ChannelPorts,
  isObject,
  type Logger,
  type OutboundMessage,
  outboundText,
  type SendReceipt,
  TransientError,
} from "@wxgate/core";
import {
  type BotBody,
  type CardMemory,
  CONTENT_BYTES,
  cardBody,
  finalContent,
  markdownBody,
  nativeBody,
  refuseAudience,
  type StreamLook,
} from "@wxgate/wecom-bot-message";
import { type Bubbles, bubbleOf } from "./bubbles.ts";
import type { WecomBotWebhookConfig } from "./config.ts";
import type { Health } from "./health.ts";
import { type Packet, packetOf } from "./packet.ts";
import { fileWords } from "./prepare.ts";
import type { End, NewEnd, Records } from "./records.ts";
import { type ResponseUrls, UNREACHABLE } from "./response-url.ts";
import { bubbleIdOf } from "./stream-id.ts";
import { type Way, waysOf } from "./way.ts";

export interface SendOptions {
  readonly config: Pick<
    WecomBotWebhookConfig,
    "notices" | "feedback" | "streamWindowSeconds" | "refreshPatienceSeconds"
  >;
  readonly look: StreamLook;
  readonly records: Records;
  readonly bubbles: Bubbles;
  readonly urls: ResponseUrls;
  readonly cards: CardMemory;
  readonly health: Pick<Health, "refreshed">;
  readonly ports: Pick<ChannelPorts, "state" | "clock">;
  readonly log: Logger;
}

/** How often the state is looked at for what another gateway did. */
const LOOK_MS = 500;
/** The platform asks for 6 minutes. */
const ASKED_FOR_MS = 6 * 60_000;
/** A `response_url` is good for an hour; a little less, for the way. */
export const URL_MS = 59 * 60_000;
/** The end of its bubble and its `response_url`. */
export const SENDS_PER_MESSAGE = 2;
const URL_KEPT_MS = 2 * 3_600_000;

/**
 * Sends one piece: as the end of a bubble, which is done when the platform fetched it, or by a `response_url`; never by
 * both. Without either it waits for the member's next message.
 */
export function createSend(options: SendOptions): Channel["send"] {
  const { config, look, records, bubbles, urls, cards, health, ports, log } = options;
  const { notices } = config;
  const { state, clock } = ports;
  const urlKey = ({ messageId }: Way) => `url:${messageId}`;

  return async function send(message, signal) {
    refuseAudience(message.to);
    const packet = packetOf(message, notices);
    const ways = waysOf(message);
    if (message.answers.length > 1) await bubbles.endMerged(message);
    // Before anybody can tap it.
    if (packet.card !== undefined) await cards.remember(packet.card);
    return (await byBubble(packet, ways, message, signal)) ?? byUrl(packet, ways, message, signal);
  };

  /** Undefined: it is still to be sent. */
  async function byBubble(
    packet: Packet,
    ways: readonly Way[],
    message: OutboundMessage,
    signal: AbortSignal,
  ): Promise<SendReceipt | undefined> {
    const end = endOf(packet, message.id);
    const way = await findBubble(ways, message, end);
    if (way === undefined) return undefined;
    const streamId = bubbleIdOf(way.messageId);
    // The platform's own JSON has no place in a bubble.
    if (end === undefined) return undefined;
    if (await wasFetched(way, streamId, ways, message, signal)) return { platformId: streamId };
    if (await records.move(streamId, notices.attachment)) return undefined;
    return { platformId: streamId };
  }

  /** A bubble that ends with this message now, or did by an earlier attempt. */
  async function findBubble(
    ways: readonly Way[],
    message: OutboundMessage,
    end: NewEnd | undefined,
  ): Promise<Way | undefined> {
    if (message.attempt > 1) {
      for (const way of ways) {
        const found = way.bubble ? await records.readEnd(bubbleIdOf(way.messageId)) : undefined;
        if (found?.by === message.id) return found.state === "moved" ? undefined : way;
      }
    }
    const now = clock.now();
    for (const way of await candidates(ways, message)) {
      const streamId = bubbleIdOf(way.messageId);
      if (!way.bubble || now >= way.at + config.streamWindowSeconds * 1000) continue;
      const words: NewEnd = end ?? { content: notices.attachment, images: [], by: message.id };
      const isMine = await records.end(streamId, words);
      // Whoever ended it: what still grows in it is shown to nobody.
      bubbles.stop(streamId);
      if (isMine) return way;
    }
    return undefined;
  }

  /**
   * A reply belongs into the bubble of the message it answers. What waited for the member's next message may take that one's
   * bubble, unless an answer grows in it already; in a group only the same member's.
   */
  async function candidates(ways: readonly Way[], message: OutboundMessage): Promise<readonly Way[]> {
    const own = bubbleOf(message);
    const { answers, to } = message;
    const asker = ways.find(({ messageId }) => answers.includes(messageId))?.from;
    const found = own === undefined ? [] : [own];
    if (answers.length === 0 && (await freeUrl(ways, answers)) !== undefined) return found;
    for (const way of ways.toReversed()) {
      if (answers.includes(way.messageId) || !way.bubble) continue;
      if (to.kind === "group" && (asker === undefined || way.from !== asker)) continue;
      const grown = await records.text(bubbleIdOf(way.messageId));
      if (grown === undefined || grown.message !== undefined) found.push(way);
    }
    return found;
  }

  async function wasFetched(
    way: Way,
    streamId: string,
    ways: readonly Way[],
    { answers }: OutboundMessage,
    signal: AbortSignal,
  ): Promise<boolean> {
    const overAt = way.at + ASKED_FOR_MS;
    const patienceMs = config.refreshPatienceSeconds * 1000;
    const begunAt = clock.now();
    for (;;) {
      const end: End | undefined = await records.readEnd(streamId);
      if (end?.state === "taken") {
        health.refreshed(true);
        return true;
      }
      // Another gateway gave up waiting for it.
      if (end?.state === "moved") return false;
      if (signal.aborted) throw notFetched("the send was given up before the bubble was fetched");
      const hasUrl = (await freeUrl(ways, answers)) !== undefined;
      // An answer with it may have left without our knowing: the platform would then ask no more, else it asks again.
      const patientUntil = Math.max(begunAt, end?.offeredAt ?? 0) + patienceMs;
      const until = hasUrl ? Math.min(overAt, patientUntil) : overAt;
      const leftMs = until - clock.now();
      if (leftMs <= 0) {
        health.refreshed(false);
        // Without another way the words stay in the bubble for a late fetch.
        if (!hasUrl) throw noWayLeft();
        log.warn({ stream: streamId }, "nobody fetched a finished bubble; its answer goes out by response_url");
        return false;
      }
      await bubbles.taken(streamId, Math.min(LOOK_MS, leftMs), signal);
    }
  }

  async function byUrl(
    packet: Packet,
    ways: readonly Way[],
    message: OutboundMessage,
    signal: AbortSignal,
  ): Promise<SendReceipt> {
    if (message.attempt > 1 && (await wasPosted(ways, message.id))) return { platformId: message.id };
    const way = await freeUrl(ways, message.answers);
    if (way?.url === undefined) throw noWayLeft();
    const body = urlBody(packet, message);
    signal.throwIfAborted();
    // Marked first: after a crash nobody knows whether it was used.
    const marked = await state.compareAndSet(urlKey(way), undefined, { by: message.id }, { ttlMs: URL_KEPT_MS });
    if (!marked) return byUrl(packet, ways, message, signal);
    try {
      await urls.post(way.url, body, signal);
    } catch (error) {
      if (error instanceof TransientError && error.code === UNREACHABLE) await state.delete(urlKey(way));
      throw error;
    }
    const bubble = bubbleOf(message);
    if (bubble !== undefined) await records.answeredBy(bubbleIdOf(bubble.messageId), message.id);
    await state.set(urlKey(way), { by: message.id, done: true }, { ttlMs: URL_KEPT_MS });
    return { platformId: message.id };
  }

  async function wasPosted(ways: readonly Way[], id: string): Promise<boolean> {
    for (const way of ways) {
      const used = way.url === undefined ? undefined : await state.get(urlKey(way));
      if (isObject(used) && used.by === id && used.done === true) return true;
    }
    return false;
  }

  /** The own messages' first, then the one that expires first. */
  async function freeUrl(ways: readonly Way[], answers: readonly string[]): Promise<Way | undefined> {
    const oldestFirst = ways.toReversed();
    const isOwn = ({ messageId }: Way) => answers.includes(messageId);
    for (const way of [...oldestFirst.filter(isOwn), ...oldestFirst.filter((one) => !isOwn(one))]) {
      const isGood = way.url !== undefined && urls.isAllowed(way.url) && clock.now() < way.at + URL_MS;
      if (isGood && (await state.get(urlKey(way))) === undefined) return way;
    }
    return undefined;
  }

  function endOf({ text = "", thought, images, card, native }: Packet, by: string): NewEnd | undefined {
    if (native !== undefined) return undefined;
    const instead = images.length > 0 ? notices.images : card === undefined ? notices.nothing : notices.attachment;
    return {
      content: finalContent(text, { ...look, nothing: instead }, thought),
      images: images.flatMap(({ mediaId }) => mediaId ?? []),
      ...(card === undefined ? {} : { card }),
      by,
    };
  }

  /** One post is one message: pictures become links, a card beside words its own words. */
  function urlBody({ text = "", images, card, native }: Packet, { id, to }: OutboundMessage): BotBody {
    const feedbackId = config.feedback ? id : undefined;
    if (native !== undefined) return nativeBody(native);
    // Cards by response_url appear in single chats only.
    if (card !== undefined && text === "" && images.length === 0 && to.kind === "direct") {
      return cardBody(card, feedbackId);
    }
    const words = [
      text,
      ...images.map(({ mediaId: _kept, ...image }) => fileWords(image, notices.notAvailable)),
      card === undefined ? "" : outboundText({ kind: "card", card }),
    ].reduce((all, part) => (part === "" ? all : all === "" ? part : joinMessages(all, part)), "");
    return markdownBody(truncateText(finalContent(words, look), { maxBytes: CONTENT_BYTES }), feedbackId);
  }
}

function notFetched(reason: string): TransientError {
  return new TransientError(reason, { code: "wecom-bot.not-fetched", sent: "no" });
}

function noWayLeft(): TransientError {
  return new TransientError("nothing can be said here until the member writes again", {
    code: "wecom-bot.no-way-left",
    until: "customer",
    sent: "no",
    hint: "On callbacks a message opens its bubble for 6 minutes and one message more for an hour; the long connection (wecom-bot-ws) has no such limit.",
  });
}
