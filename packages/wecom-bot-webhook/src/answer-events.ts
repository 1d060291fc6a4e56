import { type ChannelPorts, type JsonObject, type Logger, withTimeLimit } from "@wxgate/core";
import {
  type BotEvent,
  type CardMemory,
  cardUpdateBody,
  configuredWelcome,
  welcomeBody,
} from "@wxgate/wecom-bot-message";
import { checkedContent, contentAfterTap } from "@wxgate/wecom-card";
import type { WecomBotWebhookConfig } from "./config.ts";

interface AnswerEventsOptions {
  readonly config: Pick<WecomBotWebhookConfig, "welcomeText" | "welcomeCard" | "notices">;
  readonly cards: Pick<CardMemory, "find">;
  readonly ports: Pick<ChannelPorts, "instant" | "clock">;
  readonly log: Logger;
}

/** For the way back to the platform. */
export const WAY_BACK_MS = 500;

/**
 * What the response to an event says, in time or not at all; the same to a repeat. Never throws. Undefined: nothing.
 */
export function createAnswerEvents({ config, cards, ports, log }: AnswerEventsOptions) {
  const { clock } = ports;

  return async function answer(parsed: BotEvent): Promise<JsonObject | undefined> {
    const { event } = parsed;
    const leftMs = (event.answerBy?.getTime() ?? 0) - WAY_BACK_MS - clock.now();
    if (leftMs <= 0) return undefined;
    try {
      return await withTimeLimit(clock, leftMs, undefined, () => answerOf(parsed));
    } catch (error) {
      log.warn({ err: error, event: event.id }, "an event could not be answered in time");
      return undefined;
    }
  };

  async function answerOf(parsed: BotEvent): Promise<JsonObject | undefined> {
    if (parsed.kind === "entered") return welcome(parsed);
    return parsed.kind === "card-tapped" ? update(parsed) : undefined;
  }

  async function welcome({ event }: BotEvent): Promise<JsonObject | undefined> {
    const content = await ports.instant(event, configuredWelcome(config));
    return welcomeBody(
      content?.kind === "card"
        ? checkedContent(content, { platform: "bot", taskId: event.id, submit: config.notices.submit })
        : content,
    );
  }

  async function update({ event, tap }: Extract<BotEvent, { kind: "card-tapped" }>): Promise<JsonObject | undefined> {
    const card = await cards.find(tap.taskId);
    const configured = card && contentAfterTap(card, tap, { platform: "bot", done: config.notices.cardDone });
    const content = await ports.instant(event, configured);
    // What others see on their phones stays as it is: each of them may still choose.
    return content?.kind === "card" ? cardUpdateBody(content.card, event.sender && [event.sender.id]) : undefined;
  }
}
