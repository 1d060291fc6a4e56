import { conversationTools } from "./conversation-tools.ts";
import { messageTools } from "./message-tools.ts";
import type { ToolPorts } from "./ports.ts";
import { scheduleTools } from "./schedule-tools.ts";
import type { GatewayTool } from "./tool.ts";

/** Every tool there is. */
export function gatewayTools(ports: ToolPorts): readonly GatewayTool[] {
  return [...messageTools(ports), ...conversationTools(ports), ...scheduleTools(ports)];
}
