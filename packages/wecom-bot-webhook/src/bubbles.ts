import type { Clock, JsonObject, Logger, ReplyStream, ReplyTarget } from "@wxgate/core";
import { finalContent, growingContent, type StreamLook } from "@wxgate/wecom-bot-message";
import type { Records } from "./records.ts";
import { bubbleIdOf } from "./stream-id.ts";
import { type Way, waysOf } from "./way.ts";

/** Answers as they grow: written to the state, where every refresh reads them. */
export interface Bubbles {
  open(target: ReplyTarget): ReplyStream;
  /** No more is written about it. */
  stop(streamId: string): void;
  /** Ends the bubbles of messages that get no answer, with what they show or a word about it. */
  settle(target: ReplyTarget): Promise<void>;
  /** One bubble answers all messages of a turn: the others say so. */
  endMerged(target: ReplyTarget): Promise<void>;
  /** Resolves when the end of the bubble was taken here, or after `ms`. */
  taken(streamId: string, ms: number, signal: AbortSignal): Promise<void>;
  onTaken(streamId: string): void;
  close(): Promise<void>;
}

export interface BubblesOptions {
  readonly records: Records;
  readonly clock: Clock;
  readonly log: Logger;
  readonly look: StreamLook;
  readonly merged: string;
  readonly refreshMs: number;
  readonly windowMs: number;
}

interface Growing {
  update(text: string): void;
  stop(): void;
  /** Stopped, or its window is over. Never rejects. */
  readonly ended: Promise<void>;
}

/** The bubble that a turn's answer belongs into: that of its newest message. */
export function bubbleOf(target: ReplyTarget): Way | undefined {
  return waysOf(target).find(({ bubble, messageId }) => bubble && target.answers.includes(messageId));
}

export function createBubbles({ records, clock, log, look, merged, refreshMs, windowMs }: BubblesOptions): Bubbles {
  const growing = new Map<string, Growing>();
  const waiting = new Map<string, Set<AbortController>>();
  const work = new Set<Promise<void>>();
  let closed = false;
  const empty: StreamLook = { ...look, placeholder: "" };

  function background(job: Promise<void>): void {
    const done = job
      .catch((error: unknown) => log.warn({ err: error }, "a bubble could not be written"))
      .finally(() => work.delete(done));
    work.add(done);
  }

  function grow(streamId: string, at: number): Growing {
    const over = new AbortController();
    const stop = () => over.abort();
    let text = "";
    let written = "";
    let isWriting = false;

    async function write(): Promise<void> {
      isWriting = true;
      while (!over.signal.aborted && text !== written) {
        const next = text;
        try {
          await records.setText(streamId, at, growingContent(next, empty));
          written = next;
        } catch (error) {
          log.warn({ err: error, stream: streamId }, "a growing answer could not be written, will try again");
        }
        await clock.sleep(refreshMs, over.signal).catch(() => {
          // Over; the loop sees it.
        });
      }
      isWriting = false;
    }

    return {
      update(next) {
        text = next;
        if (!isWriting && !over.signal.aborted) background(write());
      },
      stop,
      ended: clock.sleep(at + windowMs - clock.now(), over.signal).then(stop, () => {
        // Stopped before.
      }),
    };
  }

  /** Lets it go at its end: whoever sends its answer may be another gateway, and nothing is heard of that here. */
  async function keep(streamId: string, mine: Growing): Promise<void> {
    stop(streamId);
    growing.set(streamId, mine);
    await mine.ended;
    if (growing.get(streamId) === mine) growing.delete(streamId);
  }

  function stop(streamId: string): void {
    growing.get(streamId)?.stop();
  }

  async function endOthers(target: ReplyTarget): Promise<void> {
    const chosen = bubbleOf(target)?.messageId;
    const others = target.answers.filter((messageId) => messageId !== chosen);
    await Promise.all(
      others.map((messageId) => records.end(bubbleIdOf(messageId), { content: merged, images: [], by: "merged" })),
    );
  }

  return {
    open(target) {
      const way = bubbleOf(target);
      // Nothing to answer by: the reply is a message of its own.
      if (way === undefined) return { handle: {}, update: () => {} };
      const handle: JsonObject = { message: way.messageId };
      // A turn that began before a reload: what it says in the end goes by the channel that took the place of this one.
      if (closed) return { handle, update: () => {} };
      const streamId = bubbleIdOf(way.messageId);
      const mine = grow(streamId, way.at);
      background(keep(streamId, mine));
      if (target.answers.length > 1) background(endOthers(target));
      return { handle, update: mine.update };
    },
    stop,
    async settle(target) {
      await Promise.all(
        target.answers.map(async (messageId) => {
          const streamId = bubbleIdOf(messageId);
          stop(streamId);
          const shown = (await records.text(streamId))?.content ?? "";
          await records.end(streamId, { content: finalContent(shown, look), images: [], by: "settled" });
        }),
      );
    },
    endMerged: endOthers,
    async taken(streamId, ms, signal) {
      const woken = new AbortController();
      const others = waiting.get(streamId) ?? new Set();
      waiting.set(streamId, others.add(woken));
      await clock.sleep(ms, AbortSignal.any([signal, woken.signal])).catch(() => {
        // Taken, or given up: the caller looks.
      });
      others.delete(woken);
      if (others.size === 0) waiting.delete(streamId);
    },
    onTaken(streamId) {
      for (const woken of waiting.get(streamId) ?? []) woken.abort();
    },
    async close() {
      closed = true;
      for (const one of growing.values()) one.stop();
      await Promise.all(work);
    },
  };
}
