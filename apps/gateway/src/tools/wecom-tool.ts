import { type McpContext, WECOM_CATEGORIES, type WecomMcp } from "@wxgate/wecom-mcp";
import { z } from "zod";
import { type Caller, defineTool, type GatewayTool, reachesEverything } from "./tool.ts";

export interface WecomToolOptions {
  readonly wecom: WecomMcp;
  /** Ids of the channels with a bot on a long connection. */
  bots(): readonly string[];
}

/** WeCom's own tools, where there is a bot: in its conversations, and for those who may reach everything. */
export function wecomTool({ wecom, bots }: WecomToolOptions): GatewayTool {
  return defineTool({
    name: "wecom_mcp",
    description:
      "WeCom's contacts, documents and tables, messages, to-dos, meetings and calendar. List the methods of a category first, then call one. The skills say how.",
    readOnly: false,
    input: z.strictObject({
      action: z.enum(["list", "call"]),
      category: z.enum(WECOM_CATEGORIES),
      method: z.string().min(1).optional().describe("For call; list names them."),
      args: z
        .union([z.record(z.string(), z.json()), z.string()])
        .optional()
        .describe("The method's arguments."),
    }),
    offeredTo: (caller) => bots().length > 0 && (reachesEverything(caller) || isWithBot(caller, bots())),
    run: (input, { caller, signal }) => wecom.use(input, contextOf(caller, bots()), signal),
  });
}

function isWithBot(caller: Caller, bots: readonly string[]): boolean {
  return caller.kind === "turn" && bots.includes(caller.turn.conversation.channel);
}

/** On behalf of a person only where the bot's own platform said who wrote. */
function contextOf(caller: Caller, bots: readonly string[]): McpContext {
  if (caller.kind === "operator" || !isWithBot(caller, bots)) return {};
  const { conversation, sender } = caller.turn;
  return {
    account: conversation.channel,
    userId: sender.id,
    chat: { id: conversation.peer, kind: conversation.kind === "group" ? "group" : "direct" },
  };
}
