import type { InboundEvent, InboundMessage } from "@wxgate/core";

type Feedback = Extract<InboundEvent, { kind: "feedback" }>;

/** Ratings that no agent has seen yet, by person; they come with the person's next message. */
export interface FeedbackMemo {
  note(event: Feedback): void;
  /** The message with what its sender said about earlier answers, once. Commands are left alone. */
  attach(message: InboundMessage): InboundMessage;
}

const KEPT_PEOPLE = 5_000;
const KEPT_EACH = 5;

export function createFeedbackMemo(): FeedbackMemo {
  const waiting = new Map<string, Feedback[]>();

  return {
    note(event) {
      const key = keyOf(event.from.peer, event.sender?.id);
      const others = (waiting.get(key) ?? []).filter(({ messageId }) => messageId !== event.messageId);
      waiting.delete(key);
      const kept = event.score === "withdrawn" ? others : [...others, event].slice(-KEPT_EACH);
      if (kept.length > 0) waiting.set(key, kept);
      if (waiting.size > KEPT_PEOPLE) waiting.delete(waiting.keys().next().value as string);
    },
    attach(message) {
      if (waiting.size === 0) return message;
      const key = keyOf(message.from.peer, message.sender.id);
      const events = waiting.get(key);
      const [first] = message.content;
      if (events === undefined || (first?.kind === "text" && first.text.trimStart().startsWith("/"))) return message;
      waiting.delete(key);
      const raw = events.map(({ messageId, score, text, data }) => ({
        ...(messageId === undefined ? {} : { messageId }),
        ...(score === undefined ? {} : { score }),
        ...(text === undefined ? {} : { text }),
        ...(data === undefined ? {} : data),
      }));
      return { ...message, content: [...message.content, { kind: "unsupported", nativeType: "feedback", raw }] };
    },
  };
}

function keyOf(peer: string, sender: string | undefined): string {
  return JSON.stringify([peer, sender]);
}
