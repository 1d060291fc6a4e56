import { type ChannelPorts, isObject, type JsonObject, type Logger, textField } from "@wxgate/core";

/** How cards that can be tapped look, for a week, on every gateway. */
export interface CardMemory {
  remember(card: JsonObject): Promise<void>;
  find(taskId: string): Promise<JsonObject | undefined>;
}

/** How long a card's taps still change its looks. */
const KEPT_MS = 7 * 24 * 3_600_000;

export function createCardMemory(state: ChannelPorts["state"], log: Logger): CardMemory {
  const keyOf = (taskId: string) => `card:${taskId}`;

  return {
    async remember(card) {
      const taskId = textField(card, "task_id");
      if (taskId === undefined) return;
      try {
        await state.set(keyOf(taskId), card, { ttlMs: KEPT_MS });
      } catch (error) {
        // The card was sent; only its looks after a tap will stay.
        log.warn({ err: error }, "a card could not be remembered");
      }
    },
    async find(taskId) {
      const card = taskId === "" ? undefined : await state.get(keyOf(taskId));
      return isObject(card) ? card : undefined;
    },
  };
}
