import type { Clock, Fetch, JsonObject, Logger, MediaStream, Random, State, Turn } from "@wxgate/core";

/** Everything an agent reaches the outside world by; the gateway hands in its own. */
export interface AgentPorts {
  /** Must leave long silences alone: the agents have time-outs of their own. */
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Durable keys of this one agent: what a back-end calls its conversation. */
  readonly state: State;
  /** Opens a file that somebody sent, by `StoredMedia.id`. */
  openMedia(id: string, signal: AbortSignal): Promise<MediaStream>;
  /** What the model may do; only back-ends that run a tool loop of their own read it. */
  readonly tools?: AgentTools;
  /** What a program that an agent starts finds in its environment: nothing secret. */
  readonly env?: Readonly<Record<string, string>>;
  /** Folder that relative paths in an agent's configuration start from; the working directory when absent. */
  readonly baseDir?: string;
}

export interface AgentTool {
  /** 1–64 of [0-9A-Za-z_-]. */
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments. */
  readonly parameters: JsonObject;
}

export interface AgentTools {
  /** What the model should know of the tools beside their descriptions: a part of the system prompt, empty if nothing. */
  prompt?(turn: Turn): Promise<string>;
  /** The tools that may be used in this turn. */
  list(turn: Turn, signal: AbortSignal): Promise<readonly AgentTool[]>;
  /** The result as the model reads it. What it throws is told to the model as a failure, by its message. */
  call(turn: Turn, name: string, args: JsonObject, signal: AbortSignal): Promise<string>;
}
