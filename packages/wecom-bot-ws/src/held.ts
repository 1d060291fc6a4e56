import type { Address, Clock, Logger, StoredMessage } from "@wxgate/core";
import type { PlaceNotes } from "./notes.ts";
import type { StreamPlace } from "./place.ts";

/** A bubble that tells somebody who waits that the message was heard. */
export interface HeldBubble {
  readonly place: StreamPlace;
  readonly to: Address;
}

/** Bubbles of messages whose turn has not begun. Each is noted until an answer goes on in it, or it has ended. */
export interface Held {
  /** Resolves once it is noted; its first frame leaves then. One that is there already stays as it is. */
  add(bubble: HeldBubble): Promise<void>;
  find(message: string): StreamPlace | undefined;
  /** A delivery ends it: nobody else does. */
  ending(message: string): void;
  /** An answer goes on in it, or it has ended. */
  release(message: string): void;
  /** Resolves once nothing can prevent its end. */
  end(message: string, words: string): Promise<void>;
  /** What an earlier process or another gateway left. */
  load(): Promise<void>;
  readonly isLoaded: boolean;
  /** Another gateway goes on with them: gives their messages. */
  letGo(): readonly string[];
  stop(): void;
}

export interface HeldOptions {
  readonly notes: Pick<PlaceNotes, "hold" | "heldAt" | "held" | "release">;
  readonly clock: Clock;
  readonly log: Logger;
  /** Says that an answer comes as a message of its own. */
  readonly continues: string;
  /** An answer that is ready ends the bubble within it, or comes another way. */
  readonly patienceMs: number;
  fate(message: string): Promise<StoredMessage["unanswered"]>;
  /** Shows it, unless it is shown already. */
  grow(bubble: HeldBubble, isResumed: boolean): void;
  /** Resolves once nothing can prevent its end. */
  close(place: StreamPlace, words: string): Promise<void>;
}

/** How soon a bubble ends whose message was taken back; /stop and a recall may reach another gateway. */
const LOOK_MS = 1_000;

interface Kept extends HeldBubble {
  place: StreamPlace;
  isEnding: boolean;
  /** When its turn was seen to be over: its answer is on its way. */
  answeredAt?: number;
}

export function createHeld({ notes, clock, log, continues, patienceMs, fate, grow, close }: HeldOptions): Held {
  const held = new Map<string, Kept>();
  /** No more, while their notes may still be read. */
  const gone = new Set<string>();
  let loading: Promise<void> | undefined;
  const stopping = new AbortController();
  let isWatching = false;
  let isLoaded = false;

  async function watch(): Promise<void> {
    if (isWatching) return;
    isWatching = true;
    while (held.size > 0 && !stopping.signal.aborted) {
      await clock.sleep(LOOK_MS, stopping.signal).catch(() => {
        // The channel closes; the loop sees it.
      });
      for (const message of held.keys()) {
        if (stopping.signal.aborted) break;
        await look(message).catch((error: unknown) => {
          log.warn({ err: error, message }, "what became of a waiting message could not be read, will try again");
        });
      }
    }
    isWatching = false;
  }

  async function look(message: string): Promise<void> {
    const now = await fate(message);
    const bubble = held.get(message);
    if (bubble === undefined || bubble.isEnding) return;
    if (now === "dropped") return end(message, "");
    if (now === undefined) bubble.answeredAt ??= clock.now();
    if (clock.now() >= (bubble.answeredAt ?? Number.POSITIVE_INFINITY) + patienceMs) return end(message, continues);
    grow(bubble, true);
  }

  async function end(message: string, words: string): Promise<void> {
    const bubble = held.get(message);
    const place = bubble === undefined ? await notes.heldAt(message) : bubble.place;
    if (place === undefined) return;
    held.delete(message);
    try {
      await close(place, words);
    } catch (error) {
      if (bubble !== undefined) held.set(message, bubble);
      throw error;
    }
    forgetNote(message);
  }

  function forgetNote(message: string): void {
    gone.add(message);
    void notes
      .release(message)
      .catch((error: unknown) => {
        log.warn({ err: error, message }, "that a message waits no more could not be noted");
      })
      .then(() => loading)
      .then(() => gone.delete(message));
  }

  async function load(): Promise<void> {
    for (const bubble of await notes.held()) {
      const { message } = bubble.place;
      if (!held.has(message) && !gone.has(message)) held.set(message, { ...bubble, isEnding: false });
    }
    isLoaded = true;
    void watch();
  }

  return {
    async add(bubble) {
      const { message } = bubble.place;
      if (held.has(message)) return;
      const mine: Kept = { ...bubble, isEnding: false };
      held.set(message, mine);
      try {
        const earlier = isLoaded ? undefined : await notes.heldAt(message);
        if (earlier === undefined) await notes.hold(bubble);
        else mine.place = earlier;
        // Its turn may have begun meanwhile.
        if (held.get(message) === mine) grow(mine, earlier !== undefined);
      } catch (error) {
        if (held.get(message) === mine) held.delete(message);
        throw error;
      }
      void watch();
    },
    find: (message) => held.get(message)?.place,
    ending(message) {
      const bubble = held.get(message);
      if (bubble !== undefined) bubble.isEnding = true;
    },
    release(message) {
      if (held.delete(message) || !isLoaded) forgetNote(message);
    },
    end,
    load() {
      const mine = load();
      loading = mine.catch(() => {
        // Whoever asked for it is told.
      });
      return mine;
    },
    get isLoaded() {
      return isLoaded;
    },
    letGo() {
      const messages = [...held.keys()];
      held.clear();
      isLoaded = false;
      return messages;
    },
    stop: () => stopping.abort(),
  };
}
