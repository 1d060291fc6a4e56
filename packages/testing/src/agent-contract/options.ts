import type { Agent, Logger } from "@wxgate/core";

/** What the program behind the agent does when it is asked. */
export type BackendScript =
  /** Says `text` and ends well; the bytes leave in pieces of `pieceBytes`, in the middle of characters too. */
  | { readonly kind: "answer"; readonly text: string; readonly pieceBytes?: number }
  /** Begins with something of a kind that its protocol does not have yet, then says `text` and ends well. */
  | { readonly kind: "unknown"; readonly text: string }
  /** Ends well without a word for the person. */
  | { readonly kind: "silent" }
  /** Says `text` and ends well; its bytes leave in `pieces` pieces with `pauseMs` before each. */
  | { readonly kind: "slow"; readonly text: string; readonly pieces: number; readonly pauseMs: number }
  /** Says `text`, then nothing, and never ends; nobody stops the turn. */
  | { readonly kind: "stall"; readonly text: string }
  /** As `stall`, until the turn is stopped. */
  | { readonly kind: "hang"; readonly text: string }
  /** Says `text`, then the connection is cut. */
  | { readonly kind: "break"; readonly text: string }
  /** Says `text`, then in its own protocol that it failed because of `problem`. */
  | { readonly kind: "fail"; readonly text: string; readonly problem: string }
  /** Answers with what its protocol does not know. */
  | { readonly kind: "garbage" }
  /** Refuses with this HTTP status; `body` repeats the secret it was given. */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string;
    };

export interface BackendRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

export interface RunningAgent {
  readonly agent: Agent;
  /** What the back-end was asked so far. */
  requests(): readonly BackendRequest[];
  close(): Promise<void>;
}

export interface AgentWorld {
  readonly log: Logger;
  /** Every credential of the agent. */
  readonly secret: string;
  /** The agent's limits, where it has some; empty: its own defaults. */
  readonly limits: { readonly idleTimeoutMs?: number };
}

export interface AgentContractOptions {
  /** An agent and the back-end that plays `script`. */
  start(script: BackendScript, world: AgentWorld): Promise<RunningAgent>;
  /** The scripts that make sense for an agent without a server; all when absent. */
  readonly plays?: readonly BackendScript["kind"][];
  /** Where a back-end behind a connection finds the id that is the same on every attempt. */
  turnIdIn?(request: BackendRequest): string | undefined;
  /** 401, 403 and 404 end the turn instead of waiting for the operator. */
  readonly refusalIsFinal?: boolean;
}
