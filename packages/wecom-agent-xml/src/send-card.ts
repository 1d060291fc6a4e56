import {
  type Address,
  AuthenticationError,
  type ChannelPorts,
  type JsonObject,
  type OutboundContent,
  RejectedError,
  type SendReceipt,
  TransientError,
} from "@wxgate/core";
import { checkCard, menuCard, type TemplateCard } from "@wxgate/wecom-card";
import { memberKey } from "@wxgate/wecom-target";
import type { AgentApi } from "./api.ts";
import type { Cards, SentCard } from "./cards.ts";
import type { AgentXmlConfig } from "./config.ts";
import { membersOf } from "./receivers.ts";
import type { Outgoing } from "./send.ts";

type CardContent = Extract<OutboundContent, { kind: "card" | "menu" }>;
/** Sends the checked card as a new message. */
type Post = (
  card: JsonObject,
) => Promise<{ readonly receipt: SendReceipt; readonly responseCode?: string | undefined }>;

/** Sends a card, or puts it in the place of the one with its task id. */
export type CardSender = (
  outgoing: Outgoing,
  content: CardContent,
  signal: AbortSignal,
  post: Post,
) => Promise<SendReceipt>;

interface CardSenderOptions {
  readonly cards: Cards;
  readonly api: Pick<AgentApi, "updateCard">;
  readonly notices: Pick<AgentXmlConfig["notices"], "choose" | "submit">;
  readonly ports: Pick<ChannelPorts, "log">;
}

export function createCardSender({ cards, api, notices, ports }: CardSenderOptions): CardSender {
  /** Remembered before it is sent: the tap may come before the platform's answer, and after a restart. */
  async function sendNew(outgoing: Outgoing, fresh: Fresh, post: Post): Promise<SendReceipt> {
    const taskId = fresh.card.task_id;
    if (taskId !== undefined) await cards.remember(taskId, sentTo(outgoing, fresh));
    return postCard(fresh.card, post);
  }

  async function postCard(card: TemplateCard, post: Post): Promise<SendReceipt> {
    const taskId = card.task_id;
    const { receipt, responseCode } = await post(card);
    if (taskId === undefined || responseCode === undefined) return receipt;
    await cards.keepCode(taskId, undefined, responseCode);
    return { ...receipt, handle: { ...receipt.handle, taskId } };
  }

  /** Puts `card` in the place of a sent one; undefined where the platform does not take an update any more. */
  async function update(
    { to, id }: Outgoing,
    taskId: string,
    { isMenu: _, ...sent }: SentCard,
    fresh: Fresh,
    signal: AbortSignal,
  ): Promise<SendReceipt | undefined> {
    if (sent.updatedBy === id) return { handle: { taskId } };
    const member = to.kind === "direct" ? to.peer : "";
    const taken = await cards.takeCode(taskId, member, id);
    if (taken === undefined) return undefined;
    const shown = { ...fresh.card, task_id: taskId } as TemplateCard;
    try {
      const refused = await api.updateCard(
        { responseCode: taken.code, ...audience(to), change: { card: shown } },
        signal,
      );
      if (to.kind === "direct" && refused.length > 0) return undefined;
    } catch (error) {
      // An attempt before this one may have used it: that stays unknown.
      if (isUndone(error) && !taken.again) await taken.giveBack();
      if (!(error instanceof RejectedError)) throw error;
      ports.log.info({ message: id, taskId, code: error.platformCode }, "the card can no longer be updated");
      // The attempt before this one may have used the code up: then the card is shown.
      if (!taken.again) return undefined;
    }
    const isAll = sameAddress(sent.to, to);
    await cards.remember(taskId, { ...sent, ...fresh, card: shown, updatedBy: id }, isAll ? undefined : member);
    return { handle: { taskId } };
  }

  /** A card is replaced only where it was sent: another member's card of the same task id is none of ours. */
  async function isThere(taskId: string, sent: SentCard, to: Address): Promise<boolean> {
    if (sameAddress(sent.to, to)) return true;
    if (to.kind !== "direct") return false;
    const named = membersOf({ ...to, ...sent.to }).map(memberKey);
    return named.includes(memberKey(to.peer)) || (await cards.wasTapped(taskId, to.peer));
  }

  return async function sendCard(outgoing, content, signal, post) {
    const { to, id } = outgoing;
    const written = content.kind === "card" ? content.card : menuCard(content, "app", notices.choose);
    const { card, long } = checkCard(written ?? {}, { platform: "app", taskId: id, submit: notices.submit });
    if (long.length > 0) ports.log.info({ message: id, long }, "texts of the card may be cut on the screen");
    const fresh = { card, ...(content.kind === "menu" ? { isMenu: true } : {}) };
    const askedAs = card.task_id;
    if (askedAs === undefined) return sendNew(outgoing, fresh, post);

    const taskId = await cards.taskIdIn(to, askedAs);
    const known = await cards.find(taskId, to.kind === "direct" ? to.peer : undefined);
    if (known === undefined && taskId === askedAs && (await cards.claim(taskId, sentTo(outgoing, fresh)))) {
      return postCard(card, post);
    }
    if (known?.message === id) return sendNew(outgoing, renamed(fresh, taskId, askedAs), post);
    if (known !== undefined && (await isThere(taskId, known, to))) {
      const updated = await update(outgoing, taskId, known, fresh, signal);
      if (updated !== undefined) return updated;
    }
    // A task id is good for one message: the new one gets another, and taps on it are told under the id asked for.
    await cards.nameIn(to, askedAs, id);
    return sendNew(outgoing, renamed(fresh, id, askedAs), post);
  };
}

type Fresh = Pick<SentCard, "card" | "askedAs" | "isMenu">;

function sentTo({ id, to }: Outgoing, fresh: Fresh): SentCard {
  return { ...fresh, message: id, to: { kind: to.kind, peer: to.peer } };
}

/** The platform says that it did nothing. */
function isUndone(error: unknown): boolean {
  return error instanceof AuthenticationError || (error instanceof TransientError && error.sent === "no");
}

function renamed(fresh: Fresh, taskId: string, askedAs: string): Fresh {
  if (taskId === askedAs) return fresh;
  return { ...fresh, card: { ...fresh.card, task_id: taskId } as TemplateCard, askedAs };
}

function sameAddress(a: SentCard["to"], b: SentCard["to"]): boolean {
  return a.kind === b.kind && memberKey(a.peer) === memberKey(b.peer);
}

/** Whose card is replaced: only that of the member in conversation, or all that were sent there. */
function audience({ kind, peer }: Address): { members: readonly string[] } | { everybody: true } {
  return kind === "direct" ? { members: [peer] } : { everybody: true };
}
