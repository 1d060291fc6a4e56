import { type ChannelPorts, type JsonObject, type Logger, withTimeLimit } from "@wxgate/core";
import { type BotEvent, type CardMemory, createEventBodies } from "@wxgate/wecom-bot-message";
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
  const bodies = createEventBodies({ config, cards, ports, checkedContent, contentAfterTap });

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
    if (parsed.kind === "entered") return bodies.welcome(parsed);
    return parsed.kind === "card-tapped" ? bodies.cardUpdate(parsed) : undefined;
  }
}
