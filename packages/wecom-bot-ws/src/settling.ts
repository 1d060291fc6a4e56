import { type ChannelPorts, isObject, type JsonValue, type Logger, TransientError, textField } from "@wxgate/core";
import { streamIdOf } from "@wxgate/wecom-bot-message";
import { placeFromJson, placeToJson, type StreamPlace } from "./place.ts";

/** Bubbles that get no answer. They are noted until they are closed: the process may die, or the connection be gone. */
export interface Settling {
  /** Resolves once it is noted; the bubble is closed now, or as soon as the connection is back. */
  settle(place: StreamPlace, words: string): Promise<void>;
  /** The connection stands: closes what an earlier process or another gateway left. */
  resume(): Promise<void>;
  close(): void;
}

export interface SettlingOptions {
  readonly ports: Pick<ChannelPorts, "state" | "clock">;
  readonly log: Logger;
  /** The last frame. @throws TransientError when it may be tried again */
  finish(place: StreamPlace, words: string, signal: AbortSignal): Promise<unknown>;
}

/** What documents say at most; later the platform has ended the bubble by itself. */
export const LONGEST_WINDOW_MS = 10 * 60_000;
const RETRY_MS = 2_000;
const NOTES = "settle:";

export function createSettling({ ports, log, finish }: SettlingOptions): Settling {
  const { state, clock } = ports;
  const closing = new AbortController();
  const atWork = new Set<string>();

  function begin(key: string, place: StreamPlace, words: string): void {
    if (atWork.has(key)) return;
    atWork.add(key);
    void work(key, place, words).finally(() => atWork.delete(key));
  }

  async function work(key: string, place: StreamPlace, words: string): Promise<void> {
    await closeBubble(place, words);
    // Whoever comes next does it.
    if (closing.signal.aborted) return;
    await state.delete(key).catch((error: unknown) => {
      log.warn({ err: error, message: place.message }, "that a bubble was closed could not be noted");
    });
  }

  /** Until it is done, or the platform has ended the bubble by itself. */
  async function closeBubble(place: StreamPlace, words: string): Promise<void> {
    while (!closing.signal.aborted && clock.now() < place.openedAt + LONGEST_WINDOW_MS) {
      try {
        await finish(place, words, closing.signal);
        return;
      } catch (error) {
        if (closing.signal.aborted) return;
        if (!(error instanceof TransientError)) return log.debug({ err: error }, "a bubble had ended before");
        await clock.sleep(RETRY_MS, closing.signal).catch(() => {
          // The channel closes; the loop sees it.
        });
      }
    }
  }

  return {
    async settle(place, words) {
      const key = NOTES + streamIdOf(place.message);
      await state.set(key, { place: placeToJson(place), words }, { ttlMs: LONGEST_WINDOW_MS });
      begin(key, place, words);
    },
    async resume() {
      try {
        for (const { key, value } of await state.list(NOTES)) {
          const { place, words } = noteOf(value);
          if (place !== undefined) begin(key, place, words);
        }
      } catch (error) {
        log.warn({ err: error }, "the bubbles that are to be closed could not be read");
      }
    },
    close: () => closing.abort(),
  };
}

function noteOf(value: JsonValue): { place: StreamPlace | undefined; words: string } {
  if (!isObject(value)) return { place: undefined, words: "" };
  const { place } = value;
  return { place: isObject(place) ? placeFromJson(place) : undefined, words: textField(value, "words") ?? "" };
}
