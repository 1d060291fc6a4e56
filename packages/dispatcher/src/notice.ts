import { type Address, addressKey, type OutboundContent, type Sender, type Store } from "@wxgate/core";

/** A refused person hears why once a day, not once a message. */
const AGAIN_AFTER_MS = 24 * 3_600_000;

/** The notice, or nothing when this person has had it lately. */
export async function noticeOnce(
  store: Store,
  text: string,
  conversation: Address,
  sender: Sender,
  turn: string,
): Promise<readonly OutboundContent[]> {
  if (text === "") return [];
  const state = store.state(conversation.channel);
  const key = keyOf(conversation, sender);
  const isFirst = await state.compareAndSet(key, undefined, turn, { ttlMs: AGAIN_AFTER_MS });
  // The same turn again: it broke off before its notice was stored.
  return isFirst || (await state.get(key)) === turn ? [{ kind: "text", text, format: "plain" }] : [];
}

/** Has this person had the notice lately? */
export async function wasNoticed(store: Store, conversation: Address, sender: Sender): Promise<boolean> {
  return (await store.state(conversation.channel).get(keyOf(conversation, sender))) !== undefined;
}

function keyOf(conversation: Address, sender: Sender): string {
  return `denied|${addressKey(conversation)}|${sender.id}`;
}
