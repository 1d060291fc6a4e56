import type { Agent } from "@wxgate/core";
import type { z } from "zod";
import { a2aAgent } from "./a2a/a2a.ts";
import { acpAgent } from "./acp/acp.ts";
import { agUiAgent } from "./ag-ui/ag-ui.ts";
import type { AgentType } from "./agent-type.ts";
import { cozeAgent } from "./coze/coze.ts";
import { difyAgent } from "./dify/dify.ts";
import { echoAgent } from "./echo.ts";
import { httpAgent } from "./http.ts";
import { moduleAgent } from "./module.ts";
import { n8nAgent } from "./n8n/n8n.ts";
import { openAiAgent } from "./openai/openai.ts";
import { openAiResponsesAgent } from "./openai-responses/openai-responses.ts";
import { openClawAgent } from "./openclaw/openclaw.ts";
import type { AgentPorts } from "./ports.ts";

/** An agent type as a registry holds it: `create` parses the configuration with `schema` itself. */
export interface AnyAgentType {
  readonly type: string;
  readonly schema: z.ZodObject;
  /** @throws ZodError when `config` is wrong. */
  create(name: string, config: unknown, ports: AgentPorts): Promise<Agent>;
}

function registered<Schema extends z.ZodObject>({ type, schema, create }: AgentType<Schema>): AnyAgentType {
  return { type, schema, create: async (name, config, ports) => create(name, schema.parse(config), ports) };
}

const ALL: readonly AnyAgentType[] = [
  registered(echoAgent),
  registered(httpAgent),
  registered(openAiAgent),
  registered(openAiResponsesAgent),
  registered(difyAgent),
  registered(cozeAgent),
  registered(n8nAgent),
  registered(agUiAgent),
  registered(openClawAgent),
  registered(a2aAgent),
  registered(acpAgent),
  registered(moduleAgent),
];

/** All agent types, by the `type` of their configuration. */
export const agentTypes: ReadonlyMap<string, AnyAgentType> = new Map(ALL.map((each) => [each.type, each]));
