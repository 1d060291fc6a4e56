import type { ConversationRow, MessageRow } from "@wxgate/core";
import { z } from "zod";
import { addressIn, addressOf, conversationAt, place } from "./place.ts";
import type { ToolPorts } from "./ports.ts";
import { defineTool, type GatewayTool, reachesEverything } from "./tool.ts";

const page = {
  limit: z.number().int().min(1).max(100).default(20),
  before: z.string().min(1).optional().describe("`next` of the page before, for older ones."),
};

/** Who talks with us, and what was said. */
export function conversationTools(ports: ToolPorts): readonly GatewayTool[] {
  return [
    defineTool({
      name: "list_channels",
      description: "The ways people reach us: ids of channels for send_message, their type and how they are.",
      readOnly: true,
      input: z.strictObject({}),
      offeredTo: reachesEverything,
      async run() {
        const channels = [...ports.channels()].map(([id, channel]) => {
          const { state, reason } = channel.health();
          return { id, type: channel.type, state, ...(reason !== undefined && { reason }) };
        });
        return { channels };
      },
    }),
    defineTool({
      name: "list_conversations",
      description: "Conversations, the latest first; search looks in names and ids.",
      readOnly: true,
      input: z.strictObject({
        ...page,
        channel: z.string().min(1).optional(),
        search: z.string().min(1).optional(),
      }),
      offeredTo: reachesEverything,
      async run({ limit, before, channel, search }) {
        const { items, next } = await ports.store.query.conversations({
          limit,
          ...(before !== undefined && { before }),
          ...(channel !== undefined && { channel }),
          ...(search !== undefined && { search }),
        });
        return { conversations: items.map(describeConversation), ...(next !== undefined && { next }) };
      },
    }),
    defineTool({
      name: "read_history",
      description: "What was said in this conversation or another one, the latest first, with ids and times.",
      readOnly: true,
      input: z.strictObject({ ...place, ...page }),
      async run({ limit, before, ...where }, call) {
        const address = await addressOf(where, call, ports);
        const conversation = await conversationAt(address, ports);
        if (conversation === undefined) return { messages: [] };
        const { items, next } = await ports.store.query.messages(conversation.id, {
          limit,
          ...(before !== undefined && { before }),
        });
        return { messages: items.map(describeMessage), ...(next !== undefined && { next }) };
      },
    }),
  ];
}

function describeConversation(row: ConversationRow) {
  const { id, name, lastMessageAt, servedBy, quota } = row;
  return {
    id,
    ...addressIn(row),
    ...(name !== undefined && { name }),
    lastMessageAt: new Date(lastMessageAt).toISOString(),
    servedBy,
    waiting: quota.waiting,
  };
}

function describeMessage({ id, direction, sender, at, content, state }: MessageRow) {
  return { id, direction, ...(sender && { sender }), at: new Date(at).toISOString(), content, state };
}
