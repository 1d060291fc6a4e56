import type { Address } from "./address.ts";
import type { InboundContent, OutboundContent, Quote, Sender } from "./content.ts";

export interface TurnMessage {
  readonly id: string;
  readonly sentAt: Date;
  readonly content: readonly InboundContent[];
  readonly quote?: Quote;
}

export interface TurnSkill {
  readonly name: string;
  /** Markdown. */
  readonly text: string;
}

/** One line of what was said before in this session, oldest first. */
export interface HistoryEntry {
  readonly role: "user" | "assistant" | "operator";
  readonly at: Date;
  readonly text: string;
  readonly sender?: Sender;
}

export interface Turn {
  /** `trn_…`, the same on every attempt: an idempotency key. */
  readonly id: string;
  /** 1 on the first. */
  readonly attempt: number;
  /** The configured name of the agent that answers. */
  readonly agent: string;
  /** `ses_…`; a new one after /new. */
  readonly session: string;
  /**
   * Names the instance of the agent that this conversation has for itself: nothing it keeps may reach another one. Of
   * a-z, 0-9, "-", "_" and ".", 200 at most. Absent: the agent itself is meant.
   */
  readonly instance?: string;
  /** A folder of this instance alone, for agents that work with files. It exists. */
  readonly folder?: string;
  readonly conversation: Address;
  readonly sender: Sender;
  /** What waited when the turn was claimed, oldest first. */
  readonly messages: readonly TurnMessage[];
  /** Instructions the person chose by `/skill`, to be followed in this turn. */
  readonly skill?: TurnSkill;
  /** Empty unless the agent says that it keeps no history of its own. */
  readonly history: readonly HistoryEntry[];
  /** What an interrupted attempt of this turn had asked, oldest first; empty on the first attempt. */
  readonly asked?: readonly AskedQuestion[];
  /** What was said before `history`, in short, where somebody wrote that down. */
  readonly summary?: string;
}

/** A question of an earlier attempt, which is not sent again when it is asked again word by word. */
export interface AskedQuestion {
  readonly content: OutboundContent;
  /** Absent while nobody has answered. */
  readonly answer?: readonly InboundContent[];
}

/** What an agent wants to know in the middle of a turn. */
export interface Question {
  /** A text; or a menu, where only some answers fit: what was chosen is then read with `chosenItem`. */
  readonly content: OutboundContent;
  /** How long the turn waits for the answer; 10 minutes when absent. */
  readonly timeoutMs?: number;
  /**
   * Called once: the turn waits for the next message of the person it answers, and that message starts no turn. Absent:
   * nobody waits here, the person's next message is the next turn.
   */
  answer?(answer: Answer): void;
}

export type Answer =
  | { readonly kind: "answered"; readonly message: TurnMessage }
  /** Nobody answered in time, or the question could not be sent. Ask for no more than what goes without an answer. */
  | { readonly kind: "unanswered" };

/** What an agent may do only if the operator lets it. */
export interface Permission {
  /** What it wants to do, in words for the operator. */
  readonly action: string;
  /** Tells apart what `action` puts in the same words: a decision holds in a repeat of the turn for the same alone. */
  readonly fingerprint?: string;
  /** How long the turn waits for the decision; 10 minutes when absent. Then it is no. */
  readonly timeoutMs?: number;
  /** Called once. */
  decide(granted: boolean): void;
}

/** Close to AG-UI's vocabulary, without depending on it. */
export type AgentEvent =
  | { readonly kind: "text-delta"; readonly text: string }
  /** All text so far was wrong: this stands instead. */
  | { readonly kind: "text-replace"; readonly text: string }
  | { readonly kind: "reasoning-delta"; readonly text: string }
  | {
      readonly kind: "tool";
      readonly name: string;
      readonly state: "started" | "finished" | "failed";
      readonly summary?: string;
    }
  /** `now`: stored and sent before the turn ends. */
  | { readonly kind: "content"; readonly content: OutboundContent; readonly now?: true }
  /** Stored and sent before the turn ends, one after the other; the agent goes on at once and waits where it wants to. */
  | { readonly kind: "ask"; readonly question: Question }
  /** Shown to the operator; the person hears nothing of it. The agent goes on at once and waits where it wants to. */
  | { readonly kind: "permission"; readonly permission: Permission }
  | { readonly kind: "usage"; readonly inputTokens?: number; readonly outputTokens?: number };

/** The code of a `TransientError` that says: the agent was not asked at all, it rests after failures. */
export const AGENT_RESTING = "agent.resting";

export interface AgentCapabilities {
  /** Remembers the session itself; otherwise the store's history is handed in. */
  readonly history: boolean;
  /** How much of it is handed in, and what becomes of the rest; only where the agent keeps none itself. */
  readonly memory?: MemoryPolicy;
}

export interface MemoryPolicy {
  readonly maxTokens: number;
  /** Of what is more than that: left out, or summarised after the answer. */
  readonly policy: "trim" | "summarize";
  /** The name of the agent that writes the summaries; absent: this one. */
  readonly agent?: string;
  readonly summaryTokens: number;
}

export interface SummaryRequest {
  /** For logs and the server's own; the same when it is asked again. */
  readonly id: string;
  /** The summary so far: it goes into the new one. */
  readonly previous?: string;
  /** Oldest first. */
  readonly entries: readonly HistoryEntry[];
  readonly maxTokens: number;
}

export interface Agent {
  /** Remembers sessions by itself when absent. */
  readonly capabilities?: AgentCapabilities;
  /**
   * Answers one turn. Throwing is retried by policy (`TransientError` with its time, `RejectedError` not at all);
   * yielding nothing means no reply. Ends soon after `signal` fires.
   */
  respond(turn: Turn, signal: AbortSignal): AsyncIterable<AgentEvent>;
  /** Writes down in short what was said: no answer to anybody, and no tools. Empty: it could not. */
  summarize?(request: SummaryRequest, signal: AbortSignal): Promise<string>;
  close?(): Promise<void>;
}
