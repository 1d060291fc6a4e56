export { createAgentXmlChannel } from "./channel.ts";
export { type AgentXmlConfig, type AgentXmlOptions, agentXmlConfigSchema } from "./config.ts";
export { agentXmlEnglish } from "./english.ts";
