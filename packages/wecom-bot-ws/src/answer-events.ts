import { type ChannelPorts, type Logger, withTimeLimit } from "@wxgate/core";
import { type BotEvent, createEventBodies } from "@wxgate/wecom-bot-message";
import { checkedContent, contentAfterTap } from "@wxgate/wecom-card";
import type { BotApi } from "./api.ts";
import type { Cards } from "./cards.ts";
import type { WecomBotWsConfig } from "./config.ts";

type CardTapped = Extract<BotEvent, { kind: "card-tapped" }>;

export interface AnswerEventsOptions {
  readonly config: Pick<WecomBotWsConfig, "welcomeText" | "welcomeCard" | "notices">;
  readonly api: Pick<BotApi, "welcome" | "updateCard">;
  readonly cards: Cards;
  readonly ports: Pick<ChannelPorts, "instant" | "clock">;
  readonly log: Logger;
}

/** Answers an event that cannot wait, within its time, beside everything else. Never throws. */
export function createAnswerEvents({ config, api, cards, ports, log }: AnswerEventsOptions) {
  const { clock } = ports;
  const bodies = createEventBodies({ config, cards, ports, checkedContent, contentAfterTap });

  return async function answer(parsed: BotEvent, reqId: string, stop: AbortSignal): Promise<void> {
    const { event } = parsed;
    const leftMs = (event.answerBy?.getTime() ?? 0) - clock.now();
    if (parsed.kind === "card-tapped") cards.tapped(parsed.tap.taskId, { reqId, until: clock.now() + leftMs });
    if (leftMs <= 0 || (parsed.kind !== "entered" && parsed.kind !== "card-tapped")) return;
    try {
      await withTimeLimit(clock, leftMs, stop, (limit) =>
        parsed.kind === "card-tapped" ? update(parsed, reqId, limit) : welcome(parsed, reqId, limit),
      );
    } catch (error) {
      if (!stop.aborted) log.warn({ err: error, event: event.id }, "the event could not be answered");
    }
  };

  async function welcome(entered: BotEvent, reqId: string, signal: AbortSignal): Promise<void> {
    const body = await bodies.welcome(entered);
    if (body !== undefined) await api.welcome(reqId, body, signal);
  }

  async function update(tapped: CardTapped, reqId: string, signal: AbortSignal): Promise<void> {
    const body = await bodies.cardUpdate(tapped);
    if (body !== undefined) await api.updateCard(reqId, body, signal);
  }
}
