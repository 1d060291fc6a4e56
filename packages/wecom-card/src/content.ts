import {
  type JsonObject,
  type JsonValue,
  type OutboundContent,
  outboundText,
  RejectedError,
  type ReplyTarget,
} from "@wxgate/core";
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
  return { kind: "card", card: checkCard(card, { ...options, taskId }).card };
}

/** @throws RejectedError `card.invalid` when the content is a card and something is wrong with it */
export function refuseWrongCard(content: OutboundContent, platform: CardPlatform): void {
  if (content.kind === "card") checkCard(content.card, { platform, taskId: ANY_TASK });
}

/** What is wrong with a card, in words. Undefined: nothing, or there is none. */
export function problemOfCard(card: JsonValue | undefined, platform: CardPlatform): string | undefined {
  if (card === undefined) return undefined;
  try {
    checkCard(card, { platform, taskId: ANY_TASK });
    return undefined;
  } catch (error) {
    if (error instanceof RejectedError) return error.message;
    throw error;
  }
}

/**
 * What is said instead of a card that is wrong, so that somebody who waits for an answer has one. Undefined: nothing is wrong
 * with it.
 *
 * @throws RejectedError `card.invalid` where nobody waits, or the card has no words
 */
export function wordsOfWrongCard(
  content: CardContent,
  platform: CardPlatform,
  { answers }: Pick<ReplyTarget, "answers">,
): { readonly words: string; readonly error: RejectedError } | undefined {
  try {
    refuseWrongCard(content, platform);
    return undefined;
  } catch (error) {
    const words = outboundText(content);
    if (!(error instanceof RejectedError) || answers.length === 0 || words.trim() === "") throw error;
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
  return next && { kind: "card", card: next };
}
