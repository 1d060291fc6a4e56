import { setMaxListeners } from "node:events";
import { type Clock, type Logger, TransientError } from "@wxgate/core";
import type { PlaceNotes } from "./notes.ts";
import type { StreamPlace } from "./place.ts";

/** Bubbles that end without an answer. They are noted until they are closed: the process may die, or the line be down. */
export interface Closing {
  /** Resolves once it is noted; the bubble is closed now, or as soon as the connection is back. */
  close(place: StreamPlace, words: string, isSettled: boolean): Promise<void>;
  /** The connection stands: closes what an earlier process or another gateway left. */
  resume(): Promise<void>;
  stop(): void;
}

export interface ClosingOptions {
  readonly notes: PlaceNotes;
  readonly clock: Clock;
  readonly log: Logger;
  /** The last frame. @throws TransientError when it may be tried again */
  finish(place: StreamPlace, words: string, signal: AbortSignal): Promise<unknown>;
}

/** What documents say at most; later the platform has ended the bubble by itself. */
export const LONGEST_WINDOW_MS = 10 * 60_000;
const RETRY_MS = 2_000;

export function createClosing({ notes, clock, log, finish }: ClosingOptions): Closing {
  const stopping = new AbortController();
  // One listener per bubble that is being closed; that is no leak.
  setMaxListeners(0, stopping.signal);
  const atWork = new Set<string>();

  function begin(place: StreamPlace, words: string, isSettled: boolean): void {
    const key = `${place.message} ${place.part}`;
    if (atWork.has(key)) return;
    atWork.add(key);
    void work(place, words, isSettled).finally(() => atWork.delete(key));
  }

  async function work(place: StreamPlace, words: string, isSettled: boolean): Promise<void> {
    await untilOver(place, words);
    // Whoever comes next does it.
    if (stopping.signal.aborted) return;
    await notes.closed(place, isSettled).catch((error: unknown) => {
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

  return {
    async close(place, words, isSettled) {
      await notes.toClose(place, words, isSettled);
      begin(place, words, isSettled);
    },
    async resume() {
      try {
        for (const { place, words, isSettled } of await notes.leftOpen()) begin(place, words, isSettled);
      } catch (error) {
        log.warn({ err: error }, "the bubbles that are to be closed could not be read");
      }
    },
    stop: () => stopping.abort(),
  };
}
