import { conversationTools } from "./conversation-tools.ts";
import { messageTools } from "./message-tools.ts";
import type { ToolPorts } from "./ports.ts";
import { scheduleTools } from "./schedule-tools.ts";
import { skillTools } from "./skill-tools.ts";
import type { Skill } from "./skills.ts";
import type { GatewayTool } from "./tool.ts";

/** Every tool there is. */
export function gatewayTools(
  ports: ToolPorts,
  skills: readonly Skill[],
  more: readonly GatewayTool[],
): readonly GatewayTool[] {
  const tools = [...messageTools(ports), ...conversationTools(ports), ...scheduleTools(ports), ...more];
  return [...tools, ...skillTools(skills, tools)];
}
