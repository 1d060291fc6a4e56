import type { ReplyTarget, UnsentDelivery } from "@wxgate/core";
import { describeError } from "./describe-error.ts";
import type { DispatcherPorts, DispatcherSettings } from "./settings.ts";

export interface UnsentRun {
  readonly ports: DispatcherPorts;
  readonly settings: DispatcherSettings;
}

/**
 * Where an answer grew on the phone, or was waited for, that does not end there: what is open is closed. Not for what an
 * agent said on the way; the answer itself is still to come.
 */
export async function closeUnsent(delivery: UnsentDelivery, { ports, settings }: UnsentRun): Promise<void> {
  const { answers, stream, early, conversation } = delivery;
  if (early === true || (answers.length === 0 && stream === undefined)) return;
  try {
    await settings.channels.get(conversation.channel)?.channel.settle?.(deliveryTarget(delivery), stream);
  } catch (error) {
    ports.log.warn({ delivery: delivery.id, error: describeError(error) }, "a stream could not be closed");
  }
}

/**
 * Gives up a delivery that waits or is dead. What is open is closed before: nobody comes back to one that is discarded.
 *
 * @returns false when it is being sent, or was
 */
export async function discard(id: string, run: UnsentRun): Promise<boolean> {
  const { store } = run.ports;
  const waiting = await store.unsentDelivery(id);
  if (waiting !== undefined) await closeUnsent(waiting, run);
  return store.discardDelivery(id);
}

export function deliveryTarget({
  conversation: to,
  answers,
  handles,
}: Pick<UnsentDelivery, "conversation" | "answers" | "handles">): ReplyTarget {
  return { to, answers, handles };
}
