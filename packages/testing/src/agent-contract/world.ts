import type { AgentEvent } from "@wxgate/core";
import type { AgentContractOptions, BackendScript, RunningAgent } from "./options.ts";

export const SAID = "你好 👩‍👩‍👧‍👦 — naïve café, 🇨🇳 \u{20000}";
export const SECRET = "canary-9f8e7d6c5b4a";
/** A slow answer takes longer as a whole, and each of its pieces less by so much that a busy machine is no silence. */
export const IDLE_MS = 1_500;

/** Where one test runs; every agent it starts ends with it. */
export interface World {
  start(script: BackendScript): Promise<RunningAgent>;
  readonly logged: readonly string[];
  readonly options: AgentContractOptions;
}
export interface ContractTest {
  readonly plays: BackendScript["kind"];
  readonly title: string;
  run(world: World): Promise<void>;
}

/** Whether the person sees something of it. */
export function isVisible(event: AgentEvent): boolean {
  if (event.kind === "text-delta" || event.kind === "text-replace") return event.text !== "";
  return event.kind === "content";
}

export function never(): AbortSignal {
  return new AbortController().signal;
}
