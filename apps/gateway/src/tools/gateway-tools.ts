import { createWecomMcp } from "@wxgate/wecom-mcp";
import { conversationTools } from "./conversation-tools.ts";
import { messageTools } from "./message-tools.ts";
import type { ToolPorts } from "./ports.ts";
import { scheduleTools } from "./schedule-tools.ts";
import { skillTools } from "./skill-tools.ts";
import { readSkills } from "./skills.ts";
import type { Tools } from "./toolbox.ts";
import { createWecomHost, type WecomHostOptions } from "./wecom-host.ts";
import { wecomTool } from "./wecom-tool.ts";

/** Every tool there is, and every skill. */
export function gatewayTools(ports: ToolPorts, wecomOptions: WecomHostOptions): Tools {
  const host = createWecomHost(wecomOptions);
  const skills = readSkills();
  const tools = [
    ...messageTools(ports),
    ...conversationTools(ports),
    ...scheduleTools(ports),
    wecomTool({ wecom: createWecomMcp(host), bots: host.bots }),
  ];
  return { tools: [...tools, ...skillTools(skills, tools)], skills };
}
