import { type Clock, type Logger, TransientError } from "@wxgate/core";
import { growingContent, type StreamLook, streamBody, streamIdOf } from "@wxgate/wecom-bot-message";
import type { BotApi } from "./api.ts";
import { codeOf, ERR_FREQUENCY, ERR_REQ_ID, ERR_STREAM_OVER } from "./errors.ts";
import type { StreamPlace } from "./place.ts";

export interface BubbleOptions {
  readonly api: Pick<BotApi, "respond">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly look: StreamLook;
  /** Said in a bubble whose time is over, before the answer goes on in the next. */
  readonly continues: string;
  readonly showAtOnce: boolean;
  readonly feedback: boolean;
  readonly refreshMs: number;
  readonly keepAliveMs: number;
  readonly windowMs: number;
}

/** An answer that grows on the phone. */
export interface Bubble {
  readonly place: StreamPlace;
  update(textSoFar: string): void;
  /** No frame leaves any more, beside the one under way. What the phone shows is given back. */
  retire(): string;
}

const RETRY_MS = 1_000;
/** The platform counts by the minute. */
const RATE_REST_MS = 60_000;
/** A little longer than the window, for a hand-over that meets a broken connection. */
const HAND_OVER_MS = 20_000;

/**
 * @param start where it grows; one that was opened before keeps its time
 * @param onMessage a frame leaves that the platform counts as a message: the first of a bubble
 */
export function openBubble(
  start: StreamPlace & { readonly wasOpened: boolean },
  options: BubbleOptions,
  onMessage: () => void,
): Bubble {
  const { api, clock, log, look } = options;
  const retired = new AbortController();
  const { wasOpened, ...from } = start;
  let place: StreamPlace = from;
  let isOpen = wasOpened;
  let text = "";
  /** In the bubble of now; undefined: it is not there yet. */
  let onPhone: string | undefined;
  let notBefore = 0;
  let sentAt = 0;
  let idle = new AbortController();
  let isIdle = false;

  async function pump(): Promise<void> {
    while (!retired.signal.aborted) {
      const now = clock.now();
      const content = growingContent(text, look);
      const overAt = place.openedAt + options.windowMs;
      if (onPhone !== undefined && now >= overAt) await handOver(now < overAt + HAND_OVER_MS);
      else {
        const dueIn = Math.max(dueAt(content), notBefore) - now;
        if (dueIn <= 0) await refresh(content);
        else await rest(onPhone === undefined ? dueIn : Math.min(dueIn, overAt - now), content === onPhone);
      }
    }
  }

  /** When the next frame is due. */
  function dueAt(content: string): number {
    if (onPhone === undefined) {
      // An answer that is to be seen only with its first words has no place on the phone before.
      return options.showAtOnce || content !== look.placeholder ? 0 : Number.MAX_SAFE_INTEGER;
    }
    return sentAt + (content === onPhone ? options.keepAliveMs : options.refreshMs);
  }

  /** @param untilNews new words end it */
  async function rest(ms: number, untilNews: boolean): Promise<void> {
    isIdle = untilNews || onPhone === undefined;
    idle = new AbortController();
    await clock.sleep(Math.min(ms, 2 ** 31 - 1), AbortSignal.any([retired.signal, idle.signal])).catch(() => {
      // Retired, or there is news: the loop looks.
    });
    isIdle = false;
  }

  async function refresh(content: string): Promise<void> {
    if (!isOpen) {
      isOpen = true;
      place = { ...place, openedAt: clock.now(), shown: true };
      onMessage();
    }
    const { part } = place;
    try {
      sentAt = clock.now();
      await frame(part, content, false);
      onPhone = content;
    } catch (error) {
      if (retired.signal.aborted) return;
      switch (codeOf(error)) {
        case ERR_STREAM_OVER:
          nextPart();
          return;
        case ERR_REQ_ID:
          // Nothing more can be shown here; the answer will be a message of its own.
          log.info({ message: place.message }, "the message cannot be answered by a bubble any more");
          retired.abort();
          return;
        case ERR_FREQUENCY:
          notBefore = clock.now() + RATE_REST_MS;
          return;
        default:
          notBefore = clock.now() + (error instanceof TransientError ? RETRY_MS : options.keepAliveMs);
          log.debug({ err: error, message: place.message }, "a bubble could not be refreshed");
      }
    }
  }

  function nextPart(): void {
    place = { ...place, part: place.part + 1, openedAt: clock.now(), shown: false };
    onPhone = undefined;
    isOpen = false;
  }

  /** Ends this bubble with a word about it, while that is possible, and goes on in a fresh one. */
  async function handOver(mayTryAgain: boolean): Promise<void> {
    const { part, openedAt } = place;
    const before = { place, onPhone };
    nextPart();
    try {
      await frame(part, options.continues, true);
    } catch (error) {
      if (retired.signal.aborted || !(error instanceof TransientError) || !mayTryAgain) return;
      place = { ...before.place, openedAt };
      onPhone = before.onPhone;
      isOpen = true;
      await rest(RETRY_MS, false);
    }
  }

  function frame(part: number, content: string, finish: boolean): Promise<void> {
    const id = streamIdOf(place.message, part);
    // One answer is rated, in however many bubbles it grew.
    const feedbackId = options.feedback ? streamIdOf(place.message) : undefined;
    return api.respond(place.reqId, streamBody({ id, content, finish, feedbackId }), undefined, 0);
  }

  void pump();
  return {
    get place() {
      return place;
    },
    update(textSoFar) {
      text = textSoFar;
      if (isIdle) idle.abort();
    },
    retire() {
      retired.abort();
      return text;
    },
  };
}
