import {
  type Agent,
  type AgentEvent,
  type OutboundContent,
  type Permission,
  type Question,
  TransientError,
  type Turn,
} from "@wxgate/core";
import type { ReplyBuilder } from "./reply.ts";

export interface RunAgentOptions {
  readonly agent: Agent;
  readonly turn: Turn;
  readonly reply: ReplyBuilder;
  /** Shows the text so far, and what was thought before it. */
  show(text: string, thought: string): void;
  /** Stores and sends content that must not wait for the end of the turn. */
  sendNow(content: OutboundContent): Promise<void>;
  /** Asks the person; the turn goes on meanwhile, and fails when this does. */
  ask(question: Question): Promise<void>;
  /** Asks the operator; the turn goes on meanwhile, and fails when this does. */
  permit(permission: Permission): Promise<void>;
  /** Shows a tool at work, where the channel can. */
  readonly showTool?: (event: Extract<AgentEvent, { kind: "tool" }>) => Promise<void>;
}

/** Events that change what a stream shows. */
const SHOWN: ReadonlySet<AgentEvent["kind"]> = new Set(["text-delta", "text-replace", "reasoning-delta"]);

/** Feeds the agent's events into the reply until it ends, fails, or the signal fires; never waits for a deaf agent. */
export async function runAgent(
  { agent, turn, reply, show, sendNow, ask, permit, showTool }: RunAgentOptions,
  signal: AbortSignal,
): Promise<void> {
  const events = agent.respond(turn, signal)[Symbol.asyncIterator]();
  let fail: (reason: unknown) => void = () => {};
  const stopped = new Promise<never>((_, reject) => {
    fail = reject;
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  stopped.catch(() => {
    // Seen by the race below, or by nobody when the agent ended in time.
  });
  try {
    signal.throwIfAborted();
    for (;;) {
      const next = await Promise.race([events.next(), stopped]);
      if (next.done === true) return;
      const event: AgentEvent = next.value;
      reply.add(event);
      if (event.kind === "content" && event.now === true) await sendNow(event.content);
      if (event.kind === "ask") ask(event.question).catch(fail);
      if (event.kind === "permission") permit(event.permission).catch(fail);
      if (event.kind === "tool") await showTool?.(event);
      if (SHOWN.has(event.kind)) show(reply.visible(), reply.thought());
    }
  } catch (error) {
    events.return?.()?.catch(() => {
      // The turn has failed with `error` already; what the agent says while it is put away adds nothing.
    });
    throw error;
  }
}

/** Why a turn's signal fired. */
export class TurnStopped extends Error {
  readonly why: "cancelled" | "shutdown" | "lost";
  constructor(why: "cancelled" | "shutdown" | "lost") {
    super(`the turn was stopped: ${why}`);
    this.name = "TurnStopped";
    this.why = why;
  }
}

export function turnTimedOut(timeoutMs: number): TransientError {
  return new TransientError(`the agent gave no end within ${timeoutMs} ms`, {
    code: "agent.timeout",
    hint: "raise dispatch.turnTimeoutMs, or make the agent answer sooner",
  });
}
