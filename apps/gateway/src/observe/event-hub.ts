import type { Observation } from "@wxgate/dispatcher";

interface LiveEvent extends Observation {
  /** Grows by one; for resuming after a lost connection. */
  readonly sequence: number;
  readonly at: string;
}

/** Passes what happens on to those who watch, and keeps the newest for those who come later. */
export interface EventHub {
  publish(observation: Observation): void;
  /** Newest last; only those after `sequence`. */
  recent(after?: number): readonly LiveEvent[];
  follow(listener: (event: LiveEvent) => void): () => void;
}

const KEPT_EVENTS = 200;

export function createEventHub(now: () => number): EventHub {
  // A ring: under load every message passes here, and nothing may be shifted along.
  const ring: LiveEvent[] = [];
  const listeners = new Set<(event: LiveEvent) => void>();
  let sequence = 0;

  return {
    publish(observation) {
      const event: LiveEvent = { ...observation, sequence: ++sequence, at: new Date(now()).toISOString() };
      ring[sequence % KEPT_EVENTS] = event;
      for (const listener of listeners) listener(event);
    },
    recent: (after = 0) => ring.filter((event) => event.sequence > after).sort((a, b) => a.sequence - b.sequence),
    follow(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
