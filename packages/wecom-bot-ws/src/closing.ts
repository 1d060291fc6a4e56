import { setMaxListeners } from "node:events";
import { type Clock, type Logger, TransientError } from "@wxgate/core";
import type { PlaceNotes } from "./notes.ts";
import type { StreamPlace } from "./place.ts";

/** Bubbles that end without an answer. They are noted until they are closed: the process may die, or the line be down. */
export interface Closing {
  /** Resolves once it is noted; the bubble is closed now, or as soon as the connection is back. */
  close(place: StreamPlace, words: string, isSettled: boolean): Promise<void>;
  /** The connection stands: closes what an earlier process left, and from now on what other gateways leave. */
  resume(): Promise<void>;
  stop(): void;
}

export interface ClosingOptions {
  readonly notes: PlaceNotes;
  readonly clock: Clock;
  readonly log: Logger;
  /** The last frame. @throws TransientError when it may be tried again */
  finish(place: StreamPlace, words: string, signal: AbortSignal): Promise<unknown>;
  /** Nothing more is to be shown in this bubble: another gateway gave its answer up. What it shows, if it grows here. */
  onSettled(place: StreamPlace): string | undefined;
}

/** What documents say at most; later the platform has ended the bubble by itself. */
export const LONGEST_WINDOW_MS = 10 * 60_000;
const RETRY_MS = 2_000;
/** How often is looked for what another gateway left: an operator's word may reach one without the connection. */
const LOOK_MS = 5_000;

export function createClosing({ notes, clock, log, finish, onSettled }: ClosingOptions): Closing {
  const stopping = new AbortController();
  // One listener per bubble that is being closed; that is no leak.
  setMaxListeners(0, stopping.signal);
  const atWork = new Set<string>();
  let isLooking = false;

  function begin(place: StreamPlace, words: string): void {
    const key = `${place.message} ${place.part}`;
    if (atWork.has(key)) return;
    atWork.add(key);
    void work(place, words).finally(() => atWork.delete(key));
  }

  async function work(place: StreamPlace, words: string): Promise<void> {
    await untilOver(place, words);
    // Whoever comes next does it.
    if (stopping.signal.aborted) return;
    await notes.closed(place).catch((error: unknown) => {
      log.warn({ err: error, message: place.message }, "that a bubble was closed could not be noted");
    });
  }

  /** Until it is done, or the platform has ended the bubble by itself. */
  async function untilOver(place: StreamPlace, words: string): Promise<void> {
    while (!stopping.signal.aborted && clock.now() < place.openedAt + LONGEST_WINDOW_MS) {
      try {
        await finish(place, words, stopping.signal);
        return;
      } catch (error) {
        if (stopping.signal.aborted) return;
        if (!(error instanceof TransientError)) return log.debug({ err: error }, "a bubble had ended before");
        await clock.sleep(RETRY_MS, stopping.signal).catch(() => {
          // The channel closes; the loop sees it.
        });
      }
    }
  }

  async function look(): Promise<void> {
    try {
      for (const { place, words, isSettled } of await notes.leftOpen()) {
        const shown = isSettled ? onSettled(place) : undefined;
        begin(place, words === "" ? (shown ?? "") : words);
      }
    } catch (error) {
      log.warn({ err: error }, "the bubbles that are to be closed could not be read");
    }
  }

  async function keepLooking(): Promise<void> {
    while (!stopping.signal.aborted) {
      await clock.sleep(LOOK_MS, stopping.signal).catch(() => {
        // The channel closes; the loop sees it.
      });
      if (!stopping.signal.aborted) await look();
    }
  }

  return {
    async close(place, words, isSettled) {
      await notes.toClose(place, words, isSettled);
      begin(place, words);
    },
    async resume() {
      await look();
      if (isLooking) return;
      isLooking = true;
      void keepLooking();
    },
    stop: () => stopping.abort(),
  };
}
