import {
  type Address,
  type ChannelPorts,
  type JsonObject,
  type OutboundContent,
  RejectedError,
  type SendReceipt,
} from "@wxgate/core";
import { checkCard, menuCard, type TemplateCard } from "@wxgate/wecom-card";
import type { AgentApi } from "./api.ts";
import type { Cards, SentCard } from "./cards.ts";
import type { AgentXmlConfig } from "./config.ts";
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
  async function sendNew(outgoing: Outgoing, sent: Omit<SentCard, "message">, post: Post): Promise<SendReceipt> {
    const { card } = sent;
    const taskId = card.task_id;
    // Before it is sent: the tap may come before the platform's answer, and after a restart.
    if (taskId !== undefined) await cards.remember(taskId, { ...sent, message: outgoing.id });
    const { receipt, responseCode } = await post(card);
    if (taskId === undefined || responseCode === undefined) return receipt;
    await cards.keepCode(taskId, undefined, responseCode);
    return { ...receipt, handle: { ...receipt.handle, taskId } };
  }

  /** Puts `card` in the place of a sent one; undefined where the platform does not take an update any more. */
  async function update(
    { to, id }: Outgoing,
    taskId: string,
    card: TemplateCard,
    signal: AbortSignal,
  ): Promise<SendReceipt | undefined> {
    const sent = await cards.find(taskId);
    if (sent?.updatedBy === id) return { handle: { taskId } };
    const member = to.kind === "direct" ? to.peer : "";
    const responseCode = await cards.takeCode(taskId, member);
    if (sent === undefined || responseCode === undefined) return undefined;
    const shown = { ...card, task_id: taskId } as TemplateCard;
    try {
      await api.updateCard({ responseCode, ...audience(to), change: { card: shown } }, signal);
    } catch (error) {
      if (error instanceof RejectedError) {
        ports.log.info({ message: id, taskId, code: error.platformCode }, "the card can no longer be updated");
        return undefined;
      }
      // Not used, or nobody knows: the next attempt finds out.
      await cards.returnCode(taskId, member, responseCode);
      throw error;
    }
    await cards.remember(taskId, { ...sent, card: shown, updatedBy: id });
    return { handle: { taskId } };
  }

  return async function sendCard(outgoing, content, signal, post) {
    const written = content.kind === "card" ? content.card : menuCard(content, "app", notices.choose);
    const { card, long } = checkCard(written ?? {}, { platform: "app", taskId: outgoing.id, submit: notices.submit });
    if (long.length > 0) ports.log.info({ message: outgoing.id, long }, "texts of the card may be cut on the screen");
    const about = content.kind === "menu" ? { isMenu: true } : {};
    const taskId = card.task_id;
    const known = taskId === undefined ? undefined : await cards.find(taskId);
    if (taskId === undefined || known === undefined || known.message === outgoing.id) {
      return sendNew(outgoing, { ...about, card }, post);
    }
    const updated = await update(outgoing, known.sentAgainAs ?? taskId, card, signal);
    if (updated !== undefined) return updated;
    // A task id is good for one message: the new one gets another, and taps on it are told under the id asked for.
    await cards.remember(taskId, { ...known, sentAgainAs: outgoing.id });
    return sendNew(outgoing, { card: { ...card, task_id: outgoing.id } as TemplateCard, askedAs: taskId }, post);
  };
}

/** Whose card is replaced: only that of the member in conversation, or all that were sent there. */
function audience({ kind, peer }: Address): { members: readonly string[] } | { everybody: true } {
  return kind === "direct" ? { members: [peer] } : { everybody: true };
}
