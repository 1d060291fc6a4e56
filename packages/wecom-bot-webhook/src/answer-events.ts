import type { ChannelPorts, JsonObject, Logger, OutboundContent } from "@wxgate/core";
import {
  type BotEvent,
  type CardMemory,
  cardUpdateBody,
  configuredWelcome,
  welcomeBody,
} from "@wxgate/wecom-bot-message";
import { cardAfterTap, checkCard } from "@wxgate/wecom-card";
import type { WecomBotWebhookConfig } from "./config.ts";

interface AnswerEventsOptions {
  readonly config: Pick<WecomBotWebhookConfig, "welcomeText" | "welcomeCard" | "notices">;
  readonly cards: Pick<CardMemory, "find">;
  readonly ports: Pick<ChannelPorts, "instant" | "clock">;
  readonly log: Logger;
}

/** For the way back to the platform. */
const MARGIN_MS = 500;

/**
 * What the response to an event says, in time or not at all; the same to a repeat. Never throws. Undefined: nothing.
 */
export function createAnswerEvents({ config, cards, ports, log }: AnswerEventsOptions) {
  const { clock } = ports;

  return async function answer(parsed: BotEvent): Promise<JsonObject | undefined> {
    const { event } = parsed;
    const leftMs = (event.answerBy?.getTime() ?? 0) - MARGIN_MS - clock.now();
    if (leftMs <= 0) return undefined;
    const inTime = new AbortController();
    const late = clock.sleep(leftMs, inTime.signal).then(
      () => log.warn({ event: event.id }, "an event could not be answered in time"),
      () => undefined,
    );
    try {
      return (await Promise.race([answerOf(parsed), late])) ?? undefined;
    } catch (error) {
      log.warn({ err: error, event: event.id }, "an event could not be answered");
      return undefined;
    } finally {
      inTime.abort();
    }
  };

  async function answerOf(parsed: BotEvent): Promise<JsonObject | undefined> {
    const { event } = parsed;
    if (parsed.kind === "entered") {
      return welcomeBody(checked(await ports.instant(event, configuredWelcome(config)), event.id));
    }
    if (parsed.kind !== "card-tapped") return undefined;
    const content = await ports.instant(event, await afterTap(parsed));
    // What others see on their phones stays as it is: each of them may still choose.
    return content?.kind === "card" ? cardUpdateBody(content.card, event.sender && [event.sender.id]) : undefined;
  }

  async function afterTap({ tap }: Extract<BotEvent, { kind: "card-tapped" }>): Promise<OutboundContent | undefined> {
    const card = await cards.find(tap.taskId);
    if (card === undefined) return undefined;
    const known = checkCard(card, { platform: "bot", taskId: tap.taskId }).card;
    const next = cardAfterTap(known, tap, { platform: "bot", done: config.notices.cardDone });
    return next && { kind: "card", card: { ...next } as unknown as JsonObject };
  }

  function checked(content: OutboundContent | undefined, eventId: string): OutboundContent | undefined {
    if (content?.kind !== "card") return content;
    const { card } = checkCard(content.card, { platform: "bot", taskId: eventId.replace(/[^0-9A-Za-z_@-]/g, "-") });
    return { kind: "card", card: { ...card } as unknown as JsonObject };
  }
}
