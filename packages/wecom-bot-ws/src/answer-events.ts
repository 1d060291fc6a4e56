import type { ChannelPorts, JsonObject, Logger, OutboundContent } from "@wxgate/core";
import { type BotEvent, cardUpdateBody, configuredWelcome, welcomeBody } from "@wxgate/wecom-bot-message";
import { type CardTap, cardAfterTap, checkCard } from "@wxgate/wecom-card";
import type { BotApi } from "./api.ts";
import type { Cards } from "./cards.ts";
import type { WecomBotWsConfig } from "./config.ts";

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

  return async function answer(parsed: BotEvent, reqId: string, stop: AbortSignal): Promise<void> {
    const { event } = parsed;
    const leftMs = (event.answerBy?.getTime() ?? 0) - clock.now();
    if (parsed.kind === "card-tapped") cards.tapped(parsed.tap.taskId, { reqId, until: clock.now() + leftMs });
    if (leftMs <= 0 || (parsed.kind !== "entered" && parsed.kind !== "card-tapped")) return;
    const limit = new AbortController();
    const signal = AbortSignal.any([stop, limit.signal]);
    const timer = clock.sleep(leftMs, signal).then(
      () => limit.abort(new Error("the platform takes no answer to the event any more")),
      () => {
        // The answer was given first.
      },
    );
    try {
      if (parsed.kind === "card-tapped") await update(parsed, reqId, signal);
      else await welcome(parsed, reqId, signal);
    } catch (error) {
      if (!stop.aborted) log.warn({ err: error, event: event.id }, "the event could not be answered");
    } finally {
      limit.abort();
      await timer;
    }
  };

  async function welcome({ event }: BotEvent, reqId: string, signal: AbortSignal): Promise<void> {
    const body = welcomeBody(checked(await ports.instant(event, configuredWelcome(config)), event.id));
    if (body !== undefined) await api.welcome(reqId, body, signal);
  }

  async function update(
    { event, tap }: Extract<BotEvent, { kind: "card-tapped" }>,
    reqId: string,
    signal: AbortSignal,
  ): Promise<void> {
    const card = await cards.find(tap.taskId);
    const configured = card && afterTap(card, tap);
    const content = await ports.instant(event, configured);
    if (content?.kind !== "card") return;
    // What others see on their phones stays as it is: each of them may still choose.
    await api.updateCard(reqId, cardUpdateBody(content.card, event.sender && [event.sender.id]), signal);
  }

  function afterTap(card: JsonObject, tap: CardTap): OutboundContent | undefined {
    const { card: known } = checkCard(card, { platform: "bot", taskId: "task" });
    const next = cardAfterTap(known, tap, { platform: "bot", done: config.notices.cardDone });
    return next && { kind: "card", card: { ...next } as unknown as JsonObject };
  }

  function checked(content: OutboundContent | undefined, taskId: string): OutboundContent | undefined {
    if (content?.kind !== "card") return content;
    const { card } = checkCard(content.card, { platform: "bot", taskId: taskId.replace(/[^0-9A-Za-z_@-]/g, "-") });
    return { kind: "card", card: { ...card } as unknown as JsonObject };
  }
}
