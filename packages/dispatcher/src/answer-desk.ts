import type { Claim, ClaimedMessage, Clock, Logger, Store, StoredQuestion } from "@wxgate/core";
import { describeError } from "./describe-error.ts";
import { TurnStopped } from "./run-agent.ts";

/** How soon an answer is seen, wherever it came in. */
const LOOK_EVERY_MS = 250;

/** Where turns wait for the people they asked something. */
export interface AnswerDesk {
  /** The message that answers; undefined when the question's time is up. @throws TurnStopped when the gateway stops. */
  wait(claim: Claim, question: StoredQuestion, signal: AbortSignal): Promise<ClaimedMessage | undefined>;
  /** Turns that wait now: they do no work. */
  waiting(): number;
  /** Nobody waits any more; what is asked is answered in the turn's next attempt. */
  close(): void;
}

export interface AnswerDeskOptions {
  readonly store: Pick<Store, "takeAnswer" | "answeredTurns">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly worker: string;
  /** A turn began to wait: another may work in its place. */
  onRest(): void;
}

export function createAnswerDesk({ store, clock, log, worker, onRest }: AnswerDeskOptions): AnswerDesk {
  const waiting = new Map<string, () => void>();
  const closed = new AbortController();
  let looking = false;

  /** One look for all of them, while there are any. */
  async function look(): Promise<void> {
    if (looking) return;
    looking = true;
    while (waiting.size > 0) {
      await clock.sleep(LOOK_EVERY_MS);
      if (waiting.size === 0) break;
      try {
        for (const turn of await store.answeredTurns(worker)) waiting.get(turn)?.();
      } catch (error) {
        log.error({ error: describeError(error) }, "answers could not be looked for");
      }
    }
    looking = false;
  }

  /** Until an answer may be there, or `until`. */
  async function rest(turn: string, until: number, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const wake = () => over.abort(RESTED);
    const stops = [signal, closed.signal];
    for (const stop of stops) stop.addEventListener("abort", wake, { once: true });
    waiting.set(turn, wake);
    onRest();
    void look();
    try {
      await clock.sleep(Math.max(0, until - clock.now()), over.signal).catch(ignoreRested);
    } finally {
      waiting.delete(turn);
      for (const stop of stops) stop.removeEventListener("abort", wake);
    }
  }

  return {
    async wait(claim, question, signal) {
      if (question.closed) return undefined;
      for (;;) {
        signal.throwIfAborted();
        if (closed.signal.aborted) throw new TurnStopped("shutdown");
        const isOver = clock.now() >= question.until;
        const answer = await store.takeAnswer(claim, question.ordinal, isOver);
        if (answer !== undefined || isOver) return answer;
        await rest(claim.id, question.until, signal);
      }
    },
    waiting: () => waiting.size,
    close: () => closed.abort(RESTED),
  };
}

/** Made once: an abort without a reason makes an error with a stack each time. */
const RESTED = new Error("the rest is over");

function ignoreRested(): void {
  // The loop looks at what ended it.
}
