import type { ChannelPorts, JsonObject, Logger, ReplyStream, ReplyTarget, StoredMessage } from "@wxgate/core";
import { finalContent, streamBody, streamIdOf } from "@wxgate/wecom-bot-message";
import { type Bubble, type BubbleOptions, openBubble } from "./bubble.ts";
import { createClosing } from "./closing.ts";
import { createHeld } from "./held.ts";
import { createPlaceNotes } from "./notes.ts";
import type { Pacing } from "./pacing.ts";
import { answerable, placeFromJson, type StreamPlace } from "./place.ts";

/** All answers that grow at this moment. */
export interface Streams {
  open(target: ReplyTarget, resume?: JsonObject): ReplyStream;
  /** A message waits for its turn: a bubble says that it was heard, while there is room for it beside the answers. */
  showWaiting(target: ReplyTarget): Promise<void>;
  /** Stops the refreshes; where the end of the answer belongs, if it has a bubble. The turn's other messages' bubbles end. */
  retire(handle: JsonObject | undefined, target: ReplyTarget): Promise<StreamPlace | undefined>;
  /** The last frame. The id of the answer, by which it is rated. @throws what `respond` throws */
  finish(place: StreamPlace, words: Words, signal?: AbortSignal): Promise<{ readonly id: string }>;
  /** Ends a bubble that gets no answer. Resolves once nothing can prevent it; it may end a little later. */
  settle(target: ReplyTarget, handle: JsonObject | undefined): Promise<void>;
  /** The connection stands: ends the bubbles that could not be ended before. */
  resume(): Promise<void>;
  /** The end of this answer is on the phone. */
  forget(place: StreamPlace): void;
  /** Another gateway has the connection, and shows what waits. */
  letGo(): void;
  close(): void;
}

/** What a bubble ends with. */
export interface Words {
  readonly text: string;
  /** What the model thought before it. */
  readonly thought?: string;
}

export interface StreamsOptions extends Omit<BubbleOptions, "notes" | "close"> {
  readonly log: Logger;
  readonly pacing: Pick<Pacing, "note" | "isCalm">;
  readonly state: ChannelPorts["state"];
  /** Ends the bubble of a message that another one's answer answers. */
  readonly merged: string;
  /** What became of a message that waited. */
  fate(message: string): Promise<StoredMessage["unanswered"]>;
}

export function createStreams(options: StreamsOptions): Streams {
  const { api, clock, log, look, feedback, state, pacing, merged } = options;
  const bubbles = new Map<string, Bubble>();
  const notes = createPlaceNotes(state);
  const closing = createClosing({
    notes,
    clock,
    log,
    finish: (place, text, signal) => finish(place, { text }, signal),
    onSettled(place) {
      held.release(place.message);
      const bubble = bubbles.get(place.message);
      if (bubble === undefined || placeFromJson(bubble.handle)?.part !== place.part) return undefined;
      bubbles.delete(place.message);
      return bubble.retire();
    },
  });
  const bubbleOptions: BubbleOptions = {
    ...options,
    notes,
    close: (place, words) => closing.close(place, words, false),
  };

  function startPlace(target: ReplyTarget): StreamPlace | undefined {
    const now = clock.now();
    const handle = answerable(target, now);
    if (handle === undefined) return undefined;
    return { message: handle.messageId, reqId: handle.reqId, part: 0, openedAt: now, shown: options.showAtOnce };
  }

  async function finish(
    place: StreamPlace,
    { text, thought }: Words,
    signal?: AbortSignal,
  ): Promise<{ readonly id: string }> {
    const answerId = streamIdOf(place.message);
    const body = streamBody({
      id: streamIdOf(place.message, place.part),
      content: finalContent(text, look, thought),
      finish: true,
      feedbackId: feedback ? answerId : undefined,
    });
    await api.respond(place.reqId, body, signal);
    return { id: answerId };
  }

  const held = createHeld({
    notes,
    clock,
    log,
    continues: options.continues,
    patienceMs: options.windowMs,
    fate: options.fate,
    grow({ place, to }, isResumed) {
      if (bubbles.has(place.message)) return;
      const bubble = openBubble({ place, isResumed, onMessage: () => pacing.note(to) }, bubbleOptions);
      bubbles.set(place.message, bubble);
      bubble.update("");
    },
    close: closeUnanswered,
  });

  async function closeUnanswered(start: StreamPlace, words: string): Promise<void> {
    const bubble = bubbles.get(start.message);
    bubble?.retire();
    const place = await (bubble?.place() ?? notes.newest(start));
    bubbles.delete(start.message);
    if (place.shown) await closing.close(place, words, true);
  }

  /** The answer of a turn stands in the bubble of one message: those of its others say so. */
  async function endMerged({ answers }: ReplyTarget, own: string | undefined): Promise<void> {
    for (const message of answers) {
      if (message !== own && held.find(message) !== undefined) await held.end(message, merged);
    }
  }

  function heldFor(target: ReplyTarget): StreamPlace | undefined {
    const handle = answerable(target, clock.now());
    return handle && held.find(handle.messageId);
  }

  async function retire(handle: JsonObject | undefined, target: ReplyTarget): Promise<StreamPlace | undefined> {
    const stored = placeFromJson(handle) ?? heldFor(target);
    await endMerged(target, stored?.message);
    if (stored === undefined) return undefined;
    held.ending(stored.message);
    const bubble = bubbles.get(stored.message);
    bubble?.retire();
    return bubble?.place() ?? notes.newest(stored);
  }

  return {
    open(target, resume) {
      const stored = placeFromJson(resume) ?? heldFor(target);
      const before = stored && bubbles.get(stored.message);
      before?.retire();
      const earlier = before === undefined ? stored : placeFromJson(before.handle);
      const place = earlier ?? startPlace(target);
      // Nothing to answer by: the reply is a message of its own.
      if (place === undefined) return { handle: {}, update: () => {} };
      const onMessage = () => pacing.note(target.to);
      // What an earlier process left is not known at once.
      const isResumed = earlier !== undefined || !held.isLoaded;
      const bubble = openBubble({ place, isResumed, onMessage }, bubbleOptions);
      bubbles.set(place.message, bubble);
      let isStored = false;
      return {
        get handle() {
          return bubble.handle;
        },
        update(textSoFar) {
          bubble.update(textSoFar);
          if (isStored) return;
          isStored = true;
          // The turn has its handle now; until then a note was all that told of it.
          void bubble.place().then(() => held.release(place.message));
          endMerged(target, place.message).catch((error: unknown) => {
            log.warn({ err: error, message: place.message }, "a merged message's bubble could not be ended yet");
          });
        },
      };
    },
    async showWaiting(target) {
      const place = options.showAtOnce && pacing.isCalm(target.to) ? startPlace(target) : undefined;
      if (place !== undefined && !bubbles.has(place.message)) await held.add({ place, to: target.to });
    },
    retire,
    finish,
    async settle(target, handle) {
      const message = placeFromJson(handle)?.message ?? target.answers.find((id) => bubbles.has(id));
      const bubble = message === undefined ? undefined : bubbles.get(message);
      const words = bubble?.retire() ?? "";
      const place = bubble === undefined ? await retire(handle, target) : await bubble.place();
      if (place !== undefined) {
        bubbles.delete(place.message);
        if (place.shown) await closing.close(place, words, true);
        held.release(place.message);
      }
      for (const answered of target.answers) await held.end(answered, "");
    },
    async resume() {
      await closing.resume();
      await held.load().catch((error: unknown) => {
        log.warn({ err: error }, "the bubbles of messages that wait could not be read");
      });
    },
    forget(place) {
      bubbles.delete(place.message);
      held.release(place.message);
    },
    letGo() {
      for (const message of held.letGo()) {
        bubbles.get(message)?.retire();
        bubbles.delete(message);
      }
    },
    close() {
      closing.stop();
      held.stop();
      for (const bubble of bubbles.values()) bubble.retire();
      bubbles.clear();
    },
  };
}
