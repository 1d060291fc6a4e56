export { type A2aAgentConfig, a2aAgent, a2aConfigSchema, createA2aAgent } from "./a2a/a2a.ts";
export { type AcpAgentConfig, acpAgent, acpConfigSchema, createAcpAgent } from "./acp/acp.ts";
export { type AgUiAgentConfig, agUiAgent, agUiConfigSchema, createAgUiAgent } from "./ag-ui/ag-ui.ts";
export type { AgentType } from "./agent-type.ts";
export { type CozeAgentConfig, cozeAgent, cozeConfigSchema, createCozeAgent } from "./coze/coze.ts";
export { createDifyAgent, type DifyAgentConfig, difyAgent, difyConfigSchema } from "./dify/dify.ts";
export { createEchoAgent, type EchoAgentConfig, echoAgent, echoConfigSchema } from "./echo.ts";
export { createHttpAgent, type HttpAgentConfig, httpAgent, httpConfigSchema } from "./http.ts";
export {
  type AgentFactory,
  createModuleAgent,
  type ModuleAgentConfig,
  type ModuleContext,
  moduleAgent,
  moduleConfigSchema,
} from "./module.ts";
export { createN8nAgent, type N8nAgentConfig, n8nAgent, n8nConfigSchema } from "./n8n/n8n.ts";
export {
  createOpenAiAgent,
  type OpenAiAgentConfig,
  openAiAgent,
  openAiConfigSchema,
} from "./openai/openai.ts";
export {
  createOpenAiResponsesAgent,
  type OpenAiResponsesAgentConfig,
  openAiResponsesAgent,
  openAiResponsesConfigSchema,
} from "./openai-responses/openai-responses.ts";
export {
  createOpenClawAgent,
  type OpenClawAgentConfig,
  openClawAgent,
  openClawConfigSchema,
} from "./openclaw/openclaw.ts";
export type { AgentPorts, AgentTool, AgentTools } from "./ports.ts";
export { type AgentStanding, type BreakerOptions, type GuardedAgent, guardAgent } from "./resilience/breaker.ts";
