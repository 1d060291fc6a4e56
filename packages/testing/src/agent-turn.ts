import type { AgentEvent, Turn } from "@wxgate/core";

export interface SampleTurn {
  readonly id?: string;
  readonly attempt?: number;
  readonly session?: string;
  readonly text?: string;
}

/** A direct conversation in which one person wrote one text. */
export function sampleTurn({ id = "trn_1", attempt = 1, session = "ses_1", text = "hello" }: SampleTurn): Turn {
  const sender = { id: "wm-ada", name: "Ada" };
  return {
    id,
    attempt,
    agent: "assistant",
    session,
    conversation: { channel: "support", account: "wk-1", kind: "direct", peer: "wm-ada" },
    sender,
    messages: [{ id: "msg_1", sentAt: new Date("2026-11-20T10:00:00.000Z"), content: [{ kind: "text", text }] }],
    history: [],
  };
}

export interface CollectedAnswer {
  readonly events: readonly AgentEvent[];
  /** What the person would read. */
  readonly text: string;
  readonly error: unknown;
}

/** Reads an answer to its end, good or bad. */
export async function collectAnswer(answer: AsyncIterable<AgentEvent>): Promise<CollectedAnswer> {
  const events: AgentEvent[] = [];
  let error: unknown;
  try {
    for await (const event of answer) events.push(event);
  } catch (cause) {
    error = cause ?? new Error("rejected with nothing");
  }
  return { events, text: textOf(events), error };
}

function textOf(events: readonly AgentEvent[]): string {
  let text = "";
  for (const event of events) {
    if (event.kind === "text-delta") text += event.text;
    else if (event.kind === "text-replace") text = event.text;
    else if (event.kind === "content" && event.content.kind === "text") text += event.content.text;
  }
  return text;
}
