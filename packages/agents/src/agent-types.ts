import type { Agent } from "@wxgate/core";
import type { z } from "zod";
import type { AgentType } from "./agent-type.ts";
import type { AgentPorts } from "./ports.ts";

/** An agent type as a registry holds it: `create` parses the configuration with `schema` itself. */
export interface AnyAgentType {
  readonly type: string;
  readonly schema: z.ZodObject;
  readonly summarizes: boolean;
  /** @throws ZodError when `config` is wrong. */
  create(name: string, config: unknown, ports: AgentPorts): Promise<Agent>;
}

function registered<Schema extends z.ZodObject>({
  type,
  schema,
  summarizes = false,
  create,
}: AgentType<Schema>): AnyAgentType {
  return { type, schema, summarizes, create: async (name, config, ports) => create(name, schema.parse(config), ports) };
}

/** All agent types, by the `type` of their configuration. Each is imported when it is asked for: who uses one pays for one. */
export const agentTypes: Readonly<Record<string, () => Promise<AnyAgentType>>> = {
  echo: async () => registered((await import("./echo.ts")).echoAgent),
  http: async () => registered((await import("./http.ts")).httpAgent),
  openai: async () => registered((await import("./openai/openai.ts")).openAiAgent),
  "openai-responses": async () =>
    registered((await import("./openai-responses/openai-responses.ts")).openAiResponsesAgent),
  dify: async () => registered((await import("./dify/dify.ts")).difyAgent),
  coze: async () => registered((await import("./coze/coze.ts")).cozeAgent),
  n8n: async () => registered((await import("./n8n/n8n.ts")).n8nAgent),
  "ag-ui": async () => registered((await import("./ag-ui/ag-ui.ts")).agUiAgent),
  openclaw: async () => registered((await import("./openclaw/openclaw.ts")).openClawAgent),
  a2a: async () => registered((await import("./a2a/a2a.ts")).a2aAgent),
  acp: async () => registered((await import("./acp/acp.ts")).acpAgent),
  module: async () => registered((await import("./module.ts")).moduleAgent),
};
