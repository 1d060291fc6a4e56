import type { ChannelPorts, JsonObject, Logger, ReplyStream, ReplyTarget } from "@wxgate/core";
import { finalContent, streamBody, streamIdOf } from "@wxgate/wecom-bot-message";
import { type Bubble, type BubbleOptions, openBubble } from "./bubble.ts";
import { createClosing } from "./closing.ts";
import { createPlaceNotes } from "./notes.ts";
import type { Pacing } from "./pacing.ts";
import { answerable, placeFromJson, type StreamPlace } from "./place.ts";

/** All answers that grow at this moment. */
export interface Streams {
  open(target: ReplyTarget, resume?: JsonObject): ReplyStream;
  /** Stops the refreshes; where the end of the answer belongs, if it has a bubble. */
  retire(handle: JsonObject | undefined): Promise<StreamPlace | undefined>;
  /** The last frame. The id of the answer, by which it is rated. @throws what `respond` throws */
  finish(place: StreamPlace, words: Words, signal?: AbortSignal): Promise<{ readonly id: string }>;
  /** Ends a bubble that gets no answer. Resolves once nothing can prevent it; it may end a little later. */
  settle(target: ReplyTarget, handle: JsonObject | undefined): Promise<void>;
  /** The connection stands: ends the bubbles that could not be ended before. */
  resume(): Promise<void>;
  /** The end of this answer is on the phone. */
  forget(place: StreamPlace): void;
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
  readonly pacing: Pick<Pacing, "note">;
  readonly state: ChannelPorts["state"];
}

export function createStreams(options: StreamsOptions): Streams {
  const { api, clock, log, look, feedback, state } = options;
  const bubbles = new Map<string, Bubble>();
  const notes = createPlaceNotes(state);
  const closing = createClosing({
    notes,
    clock,
    log,
    finish: (place, text, signal) => finish(place, { text }, signal),
    onSettled(place) {
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

  async function retire(handle: JsonObject | undefined): Promise<StreamPlace | undefined> {
    const stored = placeFromJson(handle);
    if (stored === undefined) return undefined;
    const bubble = bubbles.get(stored.message);
    bubble?.retire();
    return bubble?.place() ?? notes.newest(stored);
  }

  return {
    open(target, resume) {
      const stored = placeFromJson(resume);
      const before = stored && bubbles.get(stored.message);
      before?.retire();
      const earlier = before === undefined ? stored : placeFromJson(before.handle);
      const place = earlier ?? startPlace(target);
      // Nothing to answer by: the reply is a message of its own.
      if (place === undefined) return { handle: {}, update: () => {} };
      const onMessage = () => options.pacing.note(target.to);
      const bubble = openBubble({ place, isResumed: earlier !== undefined, onMessage }, bubbleOptions);
      bubbles.set(place.message, bubble);
      return {
        get handle() {
          return bubble.handle;
        },
        update: bubble.update,
      };
    },
    retire,
    finish,
    async settle(target, handle) {
      const message = target.answers.find((id) => bubbles.has(id));
      const bubble = message === undefined ? undefined : bubbles.get(message);
      const words = bubble?.retire() ?? "";
      const place = bubble === undefined ? await retire(handle) : await bubble.place();
      if (place === undefined) return;
      bubbles.delete(place.message);
      if (place.shown) await closing.close(place, words, true);
    },
    resume: closing.resume,
    forget(place) {
      bubbles.delete(place.message);
    },
    close() {
      closing.stop();
      for (const bubble of bubbles.values()) bubble.retire();
      bubbles.clear();
    },
  };
}
