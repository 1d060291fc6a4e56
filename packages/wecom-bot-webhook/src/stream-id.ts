import { streamIdOf } from "@wxgate/wecom-bot-message";

const PREFIX = "m_";
/** The platform names no limit; its other ids have 128 bytes. */
const LONGEST = 128;

/**
 * The id of the bubble that answers a message: the same on every delivery and gateway. It holds the message's id, so that a
 * refresh can be answered before anything was written about the bubble; a very long id is only hashed.
 */
export function bubbleIdOf(messageId: string): string {
  const readable = PREFIX + Buffer.from(messageId).toString("base64url");
  return readable.length <= LONGEST ? readable : streamIdOf(messageId);
}

/** Undefined: the id is hashed, or none of ours. */
export function messageOfBubble(streamId: string): string | undefined {
  if (!streamId.startsWith(PREFIX)) return undefined;
  const messageId = Buffer.from(streamId.slice(PREFIX.length), "base64url").toString();
  return bubbleIdOf(messageId) === streamId ? messageId : undefined;
}
