import { truncateText } from "@wxgate/chunker";
import { type ChannelPorts, type JsonObject, type OutboundContent, outboundText } from "@wxgate/core";
import type { CardMemory } from "./card-memory.ts";
import type { BotConfig } from "./config.ts";
import { CONTENT_BYTES } from "./limits.ts";
import type { BotCardTap, BotEvent } from "./parse-event.ts";
import { type BotBody, cardBody, cardUpdateBody, welcomeTextBody } from "./render.ts";

type CardContent = Extract<OutboundContent, { kind: "card" }>;

export interface EventBodiesOptions {
  readonly config: Pick<BotConfig, "welcomeCard" | "welcomeText"> & {
    readonly notices: Pick<BotConfig["notices"], "cardDone" | "submit">;
  };
  readonly cards: Pick<CardMemory, "find">;
  readonly ports: Pick<ChannelPorts, "instant">;
  /** Of `@wxgate/wecom-card`, as is the next. */
  checkedContent(
    content: CardContent,
    options: { readonly platform: "bot"; readonly taskId: string; readonly submit: string },
  ): CardContent;
  contentAfterTap(
    card: JsonObject,
    tap: BotCardTap,
    options: { readonly platform: "bot"; readonly done: string },
  ): CardContent | undefined;
}

/** What is said at once to events that cannot wait. Undefined: nothing. */
export interface EventBodies {
  welcome(entered: BotEvent): Promise<BotBody | undefined>;
  cardUpdate(tapped: Extract<BotEvent, { kind: "card-tapped" }>): Promise<JsonObject | undefined>;
}

export function createEventBodies({ config, cards, ports, ...rules }: EventBodiesOptions): EventBodies {
  const { cardDone, submit } = config.notices;

  return {
    async welcome({ event }) {
      const content = await ports.instant(event, configuredWelcome(config));
      if (content?.kind !== "card") return welcomeBody(content);
      return welcomeBody(rules.checkedContent(content, { platform: "bot", taskId: event.id, submit }));
    },
    async cardUpdate({ event, tap }) {
      const card = await cards.find(tap.taskId);
      const configured = card && rules.contentAfterTap(card, tap, { platform: "bot", done: cardDone });
      const content = await ports.instant(event, configured);
      // What others see on their phones stays as it is: each of them may still choose.
      return content?.kind === "card" ? cardUpdateBody(content.card, event.sender && [event.sender.id]) : undefined;
    },
  };
}

/** What the bot's own configuration says to somebody who opens the chat. */
function configuredWelcome({
  welcomeCard,
  welcomeText,
}: Pick<BotConfig, "welcomeCard" | "welcomeText">): OutboundContent | undefined {
  if (welcomeCard !== undefined) return { kind: "card", card: welcomeCard };
  return welcomeText === undefined ? undefined : { kind: "text", text: welcomeText, format: "plain" };
}

/** A welcome is one text or one card; undefined when there is nothing to say. */
function welcomeBody(content: OutboundContent | undefined): BotBody | undefined {
  if (content === undefined) return undefined;
  if (content.kind === "card") return cardBody(content.card);
  const text = outboundText(content);
  return text.trim() === "" ? undefined : welcomeTextBody(truncateText(text, { maxBytes: CONTENT_BYTES }));
}
