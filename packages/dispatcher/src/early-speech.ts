import type {
  ClaimedTurn,
  NewReply,
  OutboundContent,
  Question,
  Store,
  StoredQuestion,
  TurnMessage,
} from "@wxgate/core";
import type { AnswerDesk } from "./answer-desk.ts";

const PATIENCE_MS = 600_000;

export interface EarlySpeechOptions {
  readonly turn: ClaimedTurn;
  readonly store: Pick<Store, "addReply" | "ask">;
  readonly desk: AnswerDesk;
  /** What it asks for in its blocks, and the text around them. */
  expand(content: OutboundContent): readonly OutboundContent[];
  /** As the channel will send it; undefined: it cannot be said there. */
  prepare(content: readonly OutboundContent[]): Promise<NewReply | undefined>;
  /** The answer as the agent may see it; undefined: it may not. */
  receive(answer: NonNullable<StoredQuestion["answer"]>): Promise<TurnMessage | undefined>;
  /** Rests the turn's own clocks while `wait` waits for a person. */
  whileAsking<T>(wait: () => Promise<T>): Promise<T>;
}

/** What is said before the turn ends. Each has an ordinal, so that no second attempt says it again. */
export interface EarlySpeech {
  send(content: OutboundContent): Promise<void>;
  /** Resolves when the question is answered, or will not be; at once when the agent does not wait for that. */
  ask(question: Question, signal: AbortSignal): Promise<void>;
  /** What was asked in this attempt. */
  asked(): readonly OutboundContent[];
  /** Resolves when nothing of it is under way any more. */
  idle(): Promise<void>;
}

export function createEarlySpeech({ turn, store, desk, ...options }: EarlySpeechOptions): EarlySpeech {
  const earlier = [...turn.asked];
  const asked: OutboundContent[] = [];
  let ordinal = 0;
  let asking: Promise<unknown> = Promise.resolve();

  async function send(content: OutboundContent): Promise<void> {
    const mine = ordinal;
    ordinal += 1;
    if (mine < turn.replied) return;
    const expanded = options.expand(content);
    const reply = expanded.length === 0 ? undefined : await options.prepare(expanded);
    if (reply !== undefined) await store.addReply(turn.claim, mine, reply);
  }

  /** Asked before, word by word, it is not sent again; any other question is a new one, wherever it stands. */
  async function place({ content, timeoutMs = PATIENCE_MS }: Question): Promise<StoredQuestion | undefined> {
    asked.push(content);
    const at = earlier.findIndex((one) => JSON.stringify(one.content) === JSON.stringify(content));
    const [known] = at === -1 ? [] : earlier.splice(at, 1);
    if (known !== undefined) {
      ordinal = Math.max(ordinal, known.ordinal + 1);
      return known;
    }
    ordinal = Math.max(ordinal, turn.replied);
    const mine = ordinal;
    ordinal += 1;
    const reply = await options.prepare([content]);
    return reply === undefined ? undefined : store.ask(turn.claim, mine, reply, timeoutMs);
  }

  async function askAndWait(question: Question, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const stored = await place(question);
    const answer =
      stored === undefined ? undefined : await options.whileAsking(() => desk.wait(turn.claim, stored, signal));
    const message = answer === undefined ? undefined : await options.receive(answer);
    question.answer?.(message === undefined ? { kind: "unanswered" } : { kind: "answered", message });
  }

  return {
    send,
    ask(question, signal) {
      if (question.answer === undefined) return send(question.content);
      const done = asking.then(() => askAndWait(question, signal));
      asking = done.catch(() => {
        // Whoever asked sees it; the next question has reasons of its own to fail.
      });
      return done;
    },
    asked: () => asked,
    async idle() {
      await asking;
    },
  };
}
