import type { ChannelPorts, Logger } from "@wxgate/core";
import { type CardMemory, createCardMemory } from "@wxgate/wecom-bot-message";

export interface CardTapHandle {
  readonly reqId: string;
  /** Milliseconds since 1970; the card cannot be changed later. */
  readonly until: number;
}

/** Cards that can be tapped: how they look, and which of them may be changed at this moment. */
export interface Cards extends CardMemory {
  tapped(taskId: string, handle: CardTapHandle): void;
  /** The tap whose card may still be changed. */
  open(taskId: string): CardTapHandle | undefined;
}

const MOST_TAPS = 10_000;

export function createCards({ state, clock }: Pick<ChannelPorts, "state" | "clock">, log: Logger): Cards {
  const taps = new Map<string, CardTapHandle>();

  return {
    ...createCardMemory(state, log),
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
