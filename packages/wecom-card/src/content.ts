import { type JsonObject, type OutboundContent, outboundText, RejectedError } from "@wxgate/core";
import { type CardTap, cardAfterTap } from "./after-tap.ts";
import { type CheckOptions, checkCard } from "./check-card.ts";
import type { CardPlatform } from "./limits.ts";

type CardContent = Extract<OutboundContent, { kind: "card" }>;

/** Stands for an id that the card gets only when it is sent. */
const ANY_TASK = "task";

/**
 * The content with its card checked and completed.
 *
 * @param options `taskId`: any text that tells what the card belongs to; what no task id may hold is replaced
 * @throws RejectedError `card.invalid` that names the field and says what is wrong with it
 */
export function checkedContent({ card }: { readonly card: JsonObject }, options: CheckOptions): CardContent {
  const taskId = options.taskId.replace(/[^0-9A-Za-z_@-]/g, "-");
  return { kind: "card", card: { ...checkCard(card, { ...options, taskId }).card } as unknown as JsonObject };
}

/** What is said instead of a card that is wrong. Undefined: nothing is wrong with it. @throws RejectedError where it has no words */
export function wordsOfWrongCard(
  content: CardContent,
  platform: CardPlatform,
): { readonly words: string; readonly error: RejectedError } | undefined {
  try {
    checkCard(content.card, { platform, taskId: ANY_TASK });
    return undefined;
  } catch (error) {
    const words = outboundText(content);
    if (!(error instanceof RejectedError) || words.trim() === "") throw error;
    return { words, error };
  }
}

/** A sent card as it should look after the tap, see `cardAfterTap`. */
export function contentAfterTap(
  card: JsonObject,
  tap: CardTap,
  options: { readonly platform: CardPlatform; readonly done: string },
): CardContent | undefined {
  const { card: known } = checkCard(card, { platform: options.platform, taskId: ANY_TASK });
  const next = cardAfterTap(known, tap, options);
  return next && { kind: "card", card: { ...next } as unknown as JsonObject };
}
