import { type Address, RejectedError, sameAddress, type Turn } from "@wxgate/core";
import type { z } from "zod";

/** Who uses a tool. */
export type Caller =
  /** Holds the admin token: may reach everything. */
  | { readonly kind: "operator"; readonly name: string }
  /** An agent in its turn. Unless `everywhere`, its tools reach the conversation it answers and no other. */
  | { readonly kind: "turn"; readonly turn: CallingTurn; readonly everywhere: boolean };

/** What a tool may know of the turn it is used in. */
export type CallingTurn = Pick<Turn, "agent" | "conversation" | "sender">;

export interface ToolCall {
  readonly caller: Caller;
  readonly signal: AbortSignal;
}

/** One thing an agent can do, whoever runs the agent: MCP and the built-in tool loops offer the same. */
export interface GatewayTool {
  /** 1–64 of [0-9A-Za-z_-]. */
  readonly name: string;
  /** Written for the model that chooses. */
  readonly description: string;
  readonly readOnly: boolean;
  readonly input: z.ZodObject;
  /** Everybody when absent. */
  offeredTo?(caller: Caller): boolean;
  /**
   * @param args checked by `input`
   * @returns what the model reads, as JSON
   * @throws ChannelError whose message and hint the model may read; anything else is a fault of ours
   */
  run(args: unknown, call: ToolCall): Promise<unknown>;
}

type Definition<S extends z.ZodObject> = Omit<GatewayTool, "input" | "run"> & {
  readonly input: S;
  run(args: z.output<S>, call: ToolCall): Promise<unknown>;
};

export function defineTool<S extends z.ZodObject>(definition: Definition<S>): GatewayTool {
  return { ...definition, run: (args, call) => definition.run(args as z.output<S>, call) };
}

/** Those who may see more than one conversation. */
export function reachesEverything(caller: Caller): boolean {
  return caller.kind === "operator" || caller.everywhere;
}

/** @throws RejectedError when the caller's tools end before `address`. */
export function requireReach(caller: Caller, address: Address): void {
  if (reachesEverything(caller)) return;
  if (caller.kind === "turn" && sameAddress(caller.turn.conversation, address)) return;
  throw new RejectedError("this agent's tools reach only the conversation it answers", {
    code: "tool.out-of-reach",
    hint: "the operator can list the agent under tools.everywhere",
  });
}

/** How the caller stands in audits and as the source of messages. */
export function nameOf(caller: Caller): string {
  return caller.kind === "operator" ? caller.name : `agent:${caller.turn.agent}`;
}
