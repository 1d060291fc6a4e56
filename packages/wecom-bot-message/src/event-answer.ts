import { truncateText } from "@wxgate/chunker";
import { type JsonObject, type OutboundContent, outboundText } from "@wxgate/core";
import type { BotConfig } from "./config.ts";
import { CONTENT_BYTES } from "./limits.ts";
import { type BotBody, cardBody, welcomeTextBody } from "./render.ts";

/** What the bot's own configuration says to somebody who opens the chat. */
export function configuredWelcome({
  welcomeCard,
  welcomeText,
}: Pick<BotConfig, "welcomeCard" | "welcomeText">): OutboundContent | undefined {
  if (welcomeCard !== undefined) return { kind: "card", card: welcomeCard as JsonObject };
  return welcomeText === undefined ? undefined : { kind: "text", text: welcomeText, format: "plain" };
}

/** A welcome is one text or one card; undefined when there is nothing to say. */
export function welcomeBody(content: OutboundContent | undefined): BotBody | undefined {
  if (content === undefined) return undefined;
  if (content.kind === "card") return cardBody(content.card);
  const text = outboundText(content);
  return text.trim() === "" ? undefined : welcomeTextBody(truncateText(text, { maxBytes: CONTENT_BYTES }));
}
