import {
  type Address,
  type ChannelPorts,
  type InboundContent,
  type InboundMessage,
  isObject,
  type JsonValue,
} from "@wxgate/core";
import type { TemplateCard } from "@wxgate/wecom-card";
import { memberKey } from "@wxgate/wecom-target";
import type { AppCardTap } from "./parse.ts";

/** The platform takes an update of a card for so long. */
const CODE_MS = 72 * 3_600_000;
/** A card may be tapped long after it can no longer be updated. */
const CARD_MS = 30 * 24 * 3_600_000;

/** A card that was sent, as it is remembered: a tap may come days later, and to another process. */
export type SentCard = {
  readonly card: TemplateCard;
  /** The id of our message. */
  readonly message: string;
  /** Whom it was sent to. */
  readonly to: { readonly kind: Address["kind"]; readonly peer: string };
  /** The task id its author gave, where the platform had to be given another. */
  readonly askedAs?: string;
  /** The message that was shown by the newest update. */
  readonly updatedBy?: string;
  /** Of one member's card: what all had when it was put in its place. A newer one for all takes its place in turn. */
  readonly over?: string;
  /** It was made of a menu: a tap is a choice. */
  readonly isMenu?: boolean;
};

/** A code that allows one update. */
export interface TakenCode {
  readonly code: string;
  /** This message took it before: whether it was used nobody knows. */
  readonly again: boolean;
  /** Gives it back, not used. */
  giveBack(): Promise<void>;
}

/** What is known of the cards that were sent. Card ids are no secrets, so nothing here is sealed. */
export interface Cards {
  /** The card, as this member sees it where updates made it another for them. */
  find(taskId: string, member?: string): Promise<SentCard | undefined>;
  /** The same for a task id that nobody has yet; false: somebody has. */
  claim(taskId: string, sent: SentCard): Promise<boolean>;
  /** For all who got it, or for the one member whose card was put in its place. */
  remember(taskId: string, sent: SentCard, member?: string): Promise<void>;
  /** The task id that the author's id stands for in this conversation. */
  taskIdIn(to: Address, askedAs: string): Promise<string>;
  /** From now on the author's id stands for this one there. */
  nameIn(to: Address, askedAs: string, taskId: string): Promise<void>;
  /** Keeps a code: for the card of one member, or of all who got it. One that was taken stays taken. */
  keepCode(taskId: string, member: string | undefined, code: string): Promise<void>;
  /** Takes a code for a message: the member's own after a tap, else the one all share. No other message gets it. */
  takeCode(taskId: string, member: string, message: string): Promise<TakenCode | undefined>;
  /** Whether this member tapped the card: then it is theirs, however it came to them. */
  wasTapped(taskId: string, member: string): Promise<boolean>;
}

export function createCards(state: ChannelPorts["state"]): Cards {
  const cardKey = (taskId: string, member?: string) =>
    member === undefined ? `card/${taskId}` : `card/${taskId}/${memberKey(member)}`;
  const codeKey = (taskId: string, member = "") => `card-code/${taskId}/${memberKey(member)}`;
  const nameKey = ({ kind, peer }: Address, askedAs: string) => `card-name/${askedAs}/${kind}/${memberKey(peer)}`;

  async function read(key: string): Promise<SentCard | undefined> {
    const found = await state.get(key);
    return isObject(found) && isObject(found.card) ? (found as SentCard) : undefined;
  }

  async function take(key: string, message: string): Promise<TakenCode | undefined> {
    const kept = await state.get(key);
    const code = isTaken(kept) ? kept.taken : kept;
    if (typeof code !== "string" || (isTaken(kept) && kept.by !== message)) return undefined;
    const taken = { taken: code, by: message };
    const giveBack = async () => {
      await state.compareAndSet(key, taken, code, { ttlMs: CODE_MS });
    };
    if (isTaken(kept)) return { code, again: true, giveBack };
    // It stays: a second gateway must lose the race, and a callback that comes again must not bring it back.
    const isOurs = await state.compareAndSet(key, code, taken, { ttlMs: CODE_MS });
    return isOurs ? { code, again: false, giveBack } : undefined;
  }

  return {
    async find(taskId, member) {
      const all = await read(cardKey(taskId));
      const own = member === undefined ? undefined : await read(cardKey(taskId, member));
      return own !== undefined && (all === undefined || own.over === shownBy(all)) ? own : all;
    },
    claim: (taskId, sent) => state.compareAndSet(cardKey(taskId), undefined, sent, { ttlMs: CARD_MS }),
    async remember(taskId, sent, member) {
      const all = member === undefined ? undefined : await read(cardKey(taskId));
      const kept = all === undefined ? sent : { ...sent, over: shownBy(all) };
      await state.set(cardKey(taskId, member), kept, { ttlMs: CARD_MS });
    },
    async taskIdIn(to, askedAs) {
      const named = await state.get(nameKey(to, askedAs));
      return typeof named === "string" ? named : askedAs;
    },
    nameIn: (to, askedAs, taskId) => state.set(nameKey(to, askedAs), taskId, { ttlMs: CARD_MS }),
    async keepCode(taskId, member, code) {
      const key = codeKey(taskId, member);
      const before = await state.get(key);
      // Whoever changed it meanwhile had a code of the same card, too.
      if (!isTaken(before) || before.taken !== code) await state.compareAndSet(key, before, code, { ttlMs: CODE_MS });
    },
    takeCode: async (taskId, member, message) =>
      (await take(codeKey(taskId, member), message)) ?? take(codeKey(taskId), message),
    wasTapped: async (taskId, member) => (await state.get(codeKey(taskId, member))) !== undefined,
  };
}

function shownBy({ message, updatedBy }: SentCard): string {
  return updatedBy ?? message;
}

function isTaken(kept: JsonValue | undefined): kept is { readonly taken: string; readonly by: string } {
  return isObject(kept) && typeof kept.taken === "string";
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
