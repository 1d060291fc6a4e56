import { type Address, type ConversationRow, RejectedError, sameAddress } from "@wxgate/core";
import { z } from "zod";
import type { ToolPorts } from "./ports.ts";
import { requireReach, type ToolCall } from "./tool.ts";

/** How a tool is told which conversation is meant; nothing of it means the one of this turn. */
export const place = {
  channel: z.string().min(1).optional().describe("Id of a channel, together with target. See list_channels."),
  target: z
    .string()
    .min(1)
    .optional()
    .describe('As the channel writes it: "zhangsan", "party:1", "group:<chat id>", an external_userid.'),
  conversation: z
    .string()
    .min(1)
    .optional()
    .describe("Id from list_conversations, instead of channel and target. Leave all three out for this conversation."),
};
export interface Place {
  readonly channel?: string | undefined;
  readonly target?: string | undefined;
  readonly conversation?: string | undefined;
}

/** @throws RejectedError when it is nowhere, or further than the caller reaches. */
export async function addressOf(wanted: Place, { caller }: ToolCall, ports: ToolPorts): Promise<Address> {
  const address = (await named(wanted, ports)) ?? (caller.kind === "turn" ? caller.turn.conversation : undefined);
  if (address === undefined) throw rejected("say where: channel and target, or conversation", "tool.no-place");
  requireReach(caller, address);
  return address;
}

async function named({ channel, target, conversation }: Place, ports: ToolPorts): Promise<Address | undefined> {
  if (conversation !== undefined) {
    if (channel !== undefined || target !== undefined) {
      throw rejected("say either conversation, or channel and target", "tool.two-places");
    }
    const row = await ports.store.query.conversation(conversation);
    if (row === undefined) throw rejected(`there is no conversation "${conversation}"`, "tool.no-conversation");
    return addressIn(row);
  }
  if (channel === undefined && target === undefined) return undefined;
  if (channel === undefined || target === undefined) {
    throw rejected("channel and target go together", "tool.no-place");
  }
  if (!ports.channels().has(channel)) {
    const hint = `the channels are ${[...ports.channels().keys()].join(", ")}`;
    throw new RejectedError(`no channel is called "${channel}", or it is switched off`, {
      code: "tool.unknown-channel",
      hint,
    });
  }
  return ports.target(channel, target);
}

/** The stored conversation at an address; undefined: nothing was ever said there. */
export async function conversationAt(address: Address, ports: ToolPorts): Promise<ConversationRow | undefined> {
  let before: string | undefined;
  do {
    const page = await ports.store.query.conversations({
      channel: address.channel,
      search: address.peer,
      limit: 100,
      ...(before !== undefined && { before }),
    });
    const found = page.items.find((row) => sameAddress(row, address));
    if (found) return found;
    before = page.next;
  } while (before !== undefined);
  return undefined;
}

/** What leads to `address` again when it is written as a target. @throws RejectedError when nothing does. */
export async function targetOf(address: Address, ports: ToolPorts): Promise<string> {
  const { channel, kind, peer } = address;
  for (const text of kind === "group" ? [`group:${peer}`, `chat:${peer}`, peer] : [`user:${peer}`, peer]) {
    const found = await ports.target(channel, text).catch((error: unknown) => {
      if (error instanceof RejectedError) return undefined;
      throw error;
    });
    if (found && sameAddress(found, address)) return text;
  }
  throw rejected(`channel "${channel}" cannot be told to write here of its own accord`, "tool.no-target");
}

export function addressIn({ channel, account, kind, peer }: Address): Address {
  return { channel, account, kind, peer };
}

export function rejected(message: string, code: string): RejectedError {
  return new RejectedError(message, { code });
}
