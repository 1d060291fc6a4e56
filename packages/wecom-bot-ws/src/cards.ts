import type { ChannelPorts, JsonObject, Logger } from "@wxgate/core";
import { isObject, textField } from "@wxgate/wecom-bot-message";

export interface CardTapHandle {
  readonly reqId: string;
  /** Milliseconds since 1970; the card cannot be changed later. */
  readonly until: number;
}

/** Cards that can be tapped: how they look, and which of them may be changed at this moment. */
export interface Cards {
  remember(card: JsonObject): Promise<void>;
  find(taskId: string): Promise<JsonObject | undefined>;
  tapped(taskId: string, handle: CardTapHandle): void;
  /** The tap whose card may still be changed. */
  open(taskId: string): CardTapHandle | undefined;
}

/** How long a card's taps still change its looks. */
const KEPT_MS = 7 * 24 * 3_600_000;
const MOST_TAPS = 10_000;

export function createCards({ state, clock }: Pick<ChannelPorts, "state" | "clock">, log: Logger): Cards {
  const taps = new Map<string, CardTapHandle>();
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
    tapped(taskId, handle) {
      if (taskId === "") return;
      taps.delete(taskId);
      taps.set(taskId, handle);
      if (taps.size > MOST_TAPS) taps.delete(taps.keys().next().value as string);
    },
    open(taskId) {
      const tap = taps.get(taskId);
      return tap !== undefined && tap.until > clock.now() ? tap : undefined;
    },
  };
}
