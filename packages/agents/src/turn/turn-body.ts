import type { Turn } from "@wxgate/core";

/** Exactly what the agent's author was promised: no field more, none less. */
export function turnBody(turn: Turn) {
  const { channel, account, kind, peer } = turn.conversation;
  return {
    turn: turn.id,
    attempt: turn.attempt,
    agent: turn.agent,
    session: turn.session,
    conversation: { channel, account, kind, peer },
    sender: turn.sender,
    messages: turn.messages.map(({ id, sentAt, content, quote }) => ({ id, sentAt, content, quote })),
    // Only where a person chose one: its name, as read_skill takes it.
    ...(turn.skill !== undefined && { skill: turn.skill.name }),
  };
}
