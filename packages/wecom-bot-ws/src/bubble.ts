import { type Clock, type JsonObject, type Logger, TransientError } from "@wxgate/core";
import { growingContent, type StreamLook, streamBody, streamIdOf } from "@wxgate/wecom-bot-message";
import type { BotApi } from "./api.ts";
import { codeOf, ERR_FREQUENCY, ERR_REQ_ID, ERR_STREAM_OVER } from "./errors.ts";
import type { PlaceNotes } from "./notes.ts";
import { placeToJson, type StreamPlace } from "./place.ts";

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
  readonly notes: Pick<PlaceNotes, "opened" | "newest">;
  /** Ends a bubble in which the answer does not go on. Resolves once nothing can prevent it. */
  close(place: StreamPlace, words: string): Promise<void>;
}

export interface BubbleStart {
  readonly place: StreamPlace;
  /** The place is what an earlier process or attempt stored of it. */
  readonly isResumed: boolean;
  /** A frame leaves that the platform counts as a message: the first of a bubble. */
  onMessage(): void;
}

/** An answer that grows on the phone. */
export interface Bubble {
  /** Where the answer is, once it is known where an earlier process left it. */
  place(): Promise<StreamPlace>;
  readonly handle: JsonObject;
  /** Nothing leaves before the first call; the text may be empty. */
  update(textSoFar: string): void;
  /** No frame leaves any more, beside the one under way. What the phone shows is given back. */
  retire(): string;
}

const RETRY_MS = 1_000;
/** The platform counts by the minute. */
const RATE_REST_MS = 60_000;

export function openBubble({ place: start, isResumed, onMessage }: BubbleStart, options: BubbleOptions): Bubble {
  const { api, clock, log, look, notes } = options;
  const retired = new AbortController();
  const ready = isResumed ? resume() : undefined;
  let place = start;
  let isOpen = isResumed && start.shown;
  let isBegun = false;
  let text = "";
  /** In the bubble of now; undefined: it is not there yet. */
  let onPhone: string | undefined;
  let notBefore = 0;
  let sentAt = 0;
  let idle = new AbortController();
  let isIdle = false;

  async function resume(): Promise<void> {
    try {
      place = await notes.newest(start);
      isOpen = place.shown;
      // The turn is stored with `start`; whoever comes next counts the bubble's time from its first frame, too.
      if (place.part === start.part && place.openedAt < start.openedAt) await notes.opened(place);
    } catch (error) {
      // The handle is what is left: the platform says when that bubble is over.
      log.warn({ err: error, message: start.message }, "where a bubble was left could not be read");
    }
  }

  async function pump(): Promise<void> {
    if (ready !== undefined) await ready;
    while (!retired.signal.aborted) {
      const now = clock.now();
      const content = growingContent(text, look);
      const overAt = place.openedAt + options.windowMs;
      if (onPhone !== undefined && now >= overAt) await handOver();
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
      const isWanted = (options.showAtOnce && place.isQuiet !== true) || content !== look.placeholder;
      return isWanted ? 0 : Number.MAX_SAFE_INTEGER;
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

  /** Noted before the first frame, unless the handle tells it. False: not now. */
  async function open(): Promise<boolean> {
    const opened = { ...place, openedAt: clock.now(), shown: true };
    const isInHandle = place.part === start.part && start.shown;
    try {
      if (!isInHandle) await notes.opened(opened);
    } catch (error) {
      log.warn({ err: error, message: place.message }, "a bubble could not be noted, it is opened later");
      notBefore = clock.now() + RETRY_MS;
      return false;
    }
    isOpen = true;
    place = opened;
    onMessage();
    return true;
  }

  async function refresh(content: string): Promise<void> {
    if (!isOpen && !(await open())) return;
    const { part } = place;
    try {
      sentAt = clock.now();
      await frame(part, content);
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

  /** Ends this bubble with a word about it and goes on in a fresh one. */
  async function handOver(): Promise<void> {
    const before = { place, onPhone };
    nextPart();
    try {
      await options.close(before.place, options.continues);
    } catch (error) {
      log.warn({ err: error, message: place.message }, "that a bubble is to end could not be noted, will try again");
      ({ place, onPhone } = before);
      isOpen = true;
      await rest(RETRY_MS, false);
    }
  }

  function frame(part: number, content: string): Promise<void> {
    const id = streamIdOf(place.message, part);
    // One answer is rated, in however many bubbles it grew.
    const feedbackId = options.feedback ? streamIdOf(place.message) : undefined;
    return api.respond(place.reqId, streamBody({ id, content, finish: false, feedbackId }), undefined, 0);
  }

  return {
    async place() {
      if (ready !== undefined) await ready;
      return place;
    },
    get handle() {
      return placeToJson(place);
    },
    update(textSoFar) {
      text = textSoFar;
      if (isIdle) idle.abort();
      if (isBegun) return;
      isBegun = true;
      void pump();
    },
    retire() {
      retired.abort();
      return text;
    },
  };
}
