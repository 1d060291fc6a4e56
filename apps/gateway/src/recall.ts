import { type Channel, type DeliveryRow, RejectedError, type Store } from "@wxgate/core";

export interface RecallPorts {
  readonly store: Pick<Store, "query">;
  /** Those that run, by id. */
  channels(): ReadonlyMap<string, Channel>;
  /** Gives up a delivery that waits; false when it is being sent, or was. */
  discard(id: string): Promise<boolean>;
}

const WAITING: ReadonlySet<DeliveryRow["state"]> = new Set(["queued", "deferred"]);
const SENT: ReadonlySet<DeliveryRow["state"]> = new Set(["accepted", "confirmed"]);

/**
 * Takes a message back: one that waits is never sent, one that was sent is recalled where its platform can do that.
 *
 * @throws RejectedError `recall.impossible`, and the errors of the platform.
 */
export async function recallDelivery(
  delivery: DeliveryRow,
  { store, channels, discard }: RecallPorts,
  signal: AbortSignal,
): Promise<"discarded" | "recalled"> {
  const { id } = delivery;
  if (WAITING.has(delivery.state) && (await discard(id))) return "discarded";
  const { state, platformId, conversation } = (await store.query.delivery(id)) ?? delivery;
  if (!SENT.has(state)) throw impossible(`delivery "${id}" is ${state}; there is nothing to take back`);
  const channel = channels().get(conversation.channel);
  if (channel?.recall === undefined || platformId === undefined) {
    throw impossible(`it was sent, and the platform of ${channel?.type ?? conversation.channel} takes no message back`);
  }
  await channel.recall(platformId, signal);
  return "recalled";
}

function impossible(message: string): RejectedError {
  return new RejectedError(message, { code: "recall.impossible" });
}
