export { cleanSchema } from "./clean-schema.ts";
export type { McpAccount, McpChat, McpContext, WecomMcpHost } from "./host.ts";
export { createWecomMcp, WECOM_CATEGORIES, type WecomMcp, type WecomMcpInput } from "./wecom-mcp.ts";
