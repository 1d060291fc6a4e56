import { type AgentEvent, AuthenticationError } from "@wxgate/core";
import { type Fields, textIn } from "../json.ts";
import type { Failures } from "../transport/failures.ts";
import { partEvents } from "./parts.ts";
import type { A2aResult, TaskStatus } from "./wire.ts";

/** Turns results, one after the other, into what the person sees. */
export interface TaskReader {
  take(result: A2aResult): readonly AgentEvent[];
  /** Nothing more is to come. */
  over(): boolean;
  readonly task: string | undefined;
  readonly contextId: string | undefined;
  /** The task waits for the person's next message. */
  readonly waiting: boolean;
}

const ENDED = ["completed", "canceled", "failed", "rejected"];

/** @throws (in `take`) by `failures` when the task failed. */
export function createTaskReader(failures: Failures, label: string): TaskReader {
  const heard = new Set<string>();
  let last: string | undefined;
  let task: string | undefined;
  let contextId: string | undefined;
  let over = false;
  let waiting = false;

  function say(source: string, parts: unknown): AgentEvent[] {
    const events = partEvents(parts);
    if (events.length === 0) return [];
    const gap = last !== undefined && last !== source;
    last = source;
    heard.add(source);
    const [first, ...rest] = events;
    if (gap && first?.kind === "text-delta") return [{ kind: "text-delta", text: `\n\n${first.text}` }, ...rest];
    return [...events];
  }

  /** What a task says on the way is progress, and no answer; with its end or a question it is one. */
  function settle({ state, message }: TaskStatus): AgentEvent[] {
    const events = partEvents(message?.parts);
    const words = events.map((event) => (event.kind === "text-delta" ? event.text : "")).join(" ");
    if (state === "failed") throw failures.reported(words);
    if (state === "rejected") throw failures.rejected(words, 0);
    if (state === "auth-required") {
      throw new AuthenticationError(`${label} wants somebody to sign in before it goes on`, {
        code: "agent.sign-in",
        hint: "Sign the agent in where it wants it, with its own tools.",
      });
    }
    waiting = state === "input-required";
    over ||= waiting || ENDED.includes(state);
    const isAnswer = waiting || (state === "completed" && heard.size === 0);
    return isAnswer ? say("status", message?.parts) : [];
  }

  return {
    take(result) {
      contextId = result.contextId ?? contextId;
      if (result.kind === "message") {
        over = true;
        return say("message", result.message.parts);
      }
      task = result.id || task;
      if (result.kind === "artifact") return say(nameOf(result.artifact), result.artifact.parts);
      if (result.kind === "status") {
        const events = settle(result.status);
        over ||= result.final;
        return events;
      }
      const done = ENDED.includes(result.status.state);
      const late = done ? result.artifacts.filter((artifact) => !heard.has(nameOf(artifact))) : [];
      return [...late.flatMap((artifact) => say(nameOf(artifact), artifact.parts)), ...settle(result.status)];
    },
    over: () => over,
    get task() {
      return task;
    },
    get contextId() {
      return contextId;
    },
    get waiting() {
      return waiting;
    },
  };
}

function nameOf(artifact: Fields): string {
  return `artifact/${textIn(artifact.artifactId) ?? ""}`;
}
