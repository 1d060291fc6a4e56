import type { Agent } from "@wxgate/core";
import type { z } from "zod";
import type { AgentPorts } from "./ports.ts";

/** One kind of back-end: how it is configured and how an agent of it is made. */
export interface AgentType<Schema extends z.ZodObject = z.ZodObject> {
  /** The `type` key of its configuration. */
  readonly type: string;
  readonly schema: Schema;
  /** Its agents can write the summaries of a session's memory. */
  readonly summarizes?: boolean;
  /**
   * @param name the agent's configured name, for logs and errors.
   * @throws AuthenticationError when the configuration names something that cannot be used (a file that does not load).
   */
  create(name: string, config: z.output<Schema>, ports: AgentPorts): Agent | Promise<Agent>;
}
