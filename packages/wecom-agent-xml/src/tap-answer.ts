import { cardAfterTap } from "@wxgate/wecom-card";
import { buttonUpdateXml, cardUpdateXml } from "./card-xml.ts";
import type { SentCard } from "./cards.ts";
import type { AppCardTap } from "./parse.ts";

interface AnswerOptions {
  readonly corpId: string;
  /** Words on the buttons; empty: the card stays as it is. */
  readonly done: string;
  readonly nowMs: number;
}

const BUTTON_CARD = "button_interaction";

/**
 * The answer to a tap, which shows the card's new state to the member who tapped. It costs no response code: that is left
 * to the agent, which may put a card of its own in its place. The same tap gets the same answer on every delivery.
 */
export function tapAnswer(tap: AppCardTap, sent: SentCard | undefined, options: AnswerOptions): string | undefined {
  if (options.done === "" || tap.fromMenu) return undefined;
  const reply = {
    to: tap.member,
    corpId: options.corpId,
    createdSeconds: Math.floor(options.nowMs / 1000),
  };
  if (sent !== undefined) {
    const card = cardAfterTap(sent.card, tap, { platform: "app", done: options.done });
    return card && cardUpdateXml(card, reply);
  }
  // A card we did not send, or no longer know.
  return tap.cardType === BUTTON_CARD ? buttonUpdateXml(options.done, reply) : undefined;
}
