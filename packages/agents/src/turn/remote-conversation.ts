import type { Turn } from "@wxgate/core";
import { fieldsOf, textIn } from "../json.ts";
import type { AgentPorts } from "../ports.ts";

/** What a back-end with a memory of its own calls this session. */
export interface RemoteConversation {
  /** Absent until the back-end gave one. */
  readonly id?: string;
  /** Conversations belong to a user there: the one it was begun with, whoever speaks now. */
  readonly user: string;
}

/** A session that nobody spoke in for so long is begun anew. */
const FORGOTTEN_AFTER_MS = 90 * 24 * 3_600_000;

export async function remoteConversation({ state }: AgentPorts, turn: Turn): Promise<RemoteConversation> {
  const stored = fieldsOf(await state.get(keyOf(turn)));
  const id = textIn(stored?.id);
  const user = textIn(stored?.user);
  if (id !== undefined && user !== undefined) return { id, user };
  const { channel, account, peer } = turn.conversation;
  return { user: `${channel}/${account}/${peer}` };
}

export async function keepConversation({ state }: AgentPorts, turn: Turn, id: string, user: string): Promise<void> {
  await state.set(keyOf(turn), { id, user }, { ttlMs: FORGOTTEN_AFTER_MS });
}

export async function forgetConversation({ state }: AgentPorts, turn: Turn): Promise<void> {
  await state.delete(keyOf(turn));
}

function keyOf(turn: Turn): string {
  return `conversation/${turn.session}`;
}
