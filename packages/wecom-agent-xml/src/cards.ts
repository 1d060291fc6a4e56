import { type ChannelPorts, type InboundContent, type InboundMessage, isObject } from "@wxgate/core";
import type { TemplateCard } from "@wxgate/wecom-card";
import type { AppCardTap } from "./parse.ts";

/** The platform takes an update of a card for so long. */
const CODE_MS = 72 * 3_600_000;
/** Stands before a code that was taken. */
const TAKEN = "taken:";

/** A card that was sent, as it is remembered: a tap may come days later, and to another process. */
export type SentCard = {
  readonly card: TemplateCard;
  /** The id of our message. */
  readonly message: string;
  /** The task id its author gave, where the platform had to be given another. */
  readonly askedAs?: string;
  /** The task id of the newer message that was sent when this one could no longer be updated. */
  readonly sentAgainAs?: string;
  /** The message that was shown by the newest update. */
  readonly updatedBy?: string;
  /** It was made of a menu: a tap is a choice. */
  readonly isMenu?: boolean;
};

/** What is known of the cards that were sent. Card ids are no secrets, so nothing here is sealed. */
export interface Cards {
  find(taskId: string): Promise<SentCard | undefined>;
  remember(taskId: string, sent: SentCard): Promise<void>;
  /** Keeps a code that allows one update: of the card of one member, or of all who got it. One that was taken stays taken. */
  keepCode(taskId: string, member: string | undefined, code: string): Promise<void>;
  /** Takes a code: the member's own after a tap, else the one all share. Nobody gets it twice. */
  takeCode(taskId: string, member: string): Promise<string | undefined>;
  /** Gives a code back that may not have been used. */
  returnCode(taskId: string, member: string, code: string): Promise<void>;
}

export function createCards(state: ChannelPorts["state"]): Cards {
  const cardKey = (taskId: string) => `card/${taskId}`;
  const codeKey = (taskId: string, member = "") => `card-code/${taskId}/${member.toLowerCase()}`;

  async function take(key: string): Promise<string | undefined> {
    const code = await state.get(key);
    if (typeof code !== "string" || code.startsWith(TAKEN)) return undefined;
    // It stays: a second gateway must lose the race, and a callback that comes again must not bring it back.
    return (await state.compareAndSet(key, code, TAKEN + code, { ttlMs: CODE_MS })) ? code : undefined;
  }

  return {
    async find(taskId) {
      const found = await state.get(cardKey(taskId));
      return isObject(found) && isObject(found.card) ? (found as SentCard) : undefined;
    },
    remember: (taskId, sent) => state.set(cardKey(taskId), sent, { ttlMs: CODE_MS }),
    async keepCode(taskId, member, code) {
      const key = codeKey(taskId, member);
      const before = await state.get(key);
      // Whoever changed it meanwhile had a code of the same card, too.
      if (before !== TAKEN + code) await state.compareAndSet(key, before, code, { ttlMs: CODE_MS });
    },
    takeCode: async (taskId, member) => (await take(codeKey(taskId, member))) ?? take(codeKey(taskId)),
    returnCode: (taskId, member, code) => state.set(codeKey(taskId, member), code, { ttlMs: CODE_MS }),
  };
}

/** The tap in the words its author knows: the task id they gave, and a choice where they had sent a menu. */
export function asAsked(message: InboundMessage, tap: AppCardTap, sent: SentCard | undefined): InboundMessage {
  if (sent === undefined) return message;
  return { ...message, content: message.content.map((content) => contentAsAsked(content, tap, sent)) };
}

function contentAsAsked(content: InboundContent, tap: AppCardTap, sent: SentCard): InboundContent {
  if (content.kind !== "action") return content;
  if (sent.isMenu === true && sent.card.card_type === "button_interaction") {
    const text = sent.card.button_list.find(({ key }) => key === tap.key)?.text ?? tap.key;
    return { kind: "choice", id: tap.key, text };
  }
  return sent.askedAs === undefined ? content : { ...content, taskId: sent.askedAs };
}
