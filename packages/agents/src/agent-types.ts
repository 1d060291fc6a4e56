import type { Agent } from "@wxgate/core";
import type { z } from "zod";
import type { AgentType } from "./agent-type.ts";
import { echoAgent } from "./echo.ts";
import { httpAgent } from "./http.ts";
import { moduleAgent } from "./module.ts";
import { openAiAgent } from "./openai/openai.ts";
import type { AgentPorts } from "./ports.ts";

/** An agent type as a registry holds it: `create` parses the configuration with `schema` itself. */
export interface AnyAgentType {
  readonly type: string;
  readonly schema: z.ZodType<object>;
  /** @throws ZodError when `config` is wrong. */
  create(name: string, config: unknown, ports: AgentPorts): Promise<Agent>;
}

/** All agent types, by the `type` of their configuration. */
export const agentTypes: ReadonlyMap<string, AnyAgentType> = new Map(
  [registered(echoAgent), registered(httpAgent), registered(openAiAgent), registered(moduleAgent)].map((each) => [
    each.type,
    each,
  ]),
);

function registered<Schema extends z.ZodType<object>>({ type, schema, create }: AgentType<Schema>): AnyAgentType {
  return { type, schema, create: async (name, config, ports) => create(name, schema.parse(config), ports) };
}
