import { type Address, addressKey, type Channel, type OutboundContent, type Sender, type Store } from "@wxgate/core";

/** A refused person hears why once a day, not once a message. */
const AGAIN_AFTER_MS = 24 * 3_600_000;

/** Whom, and where. */
export interface Refused {
  readonly channel: Pick<Channel, "personKey">;
  readonly conversation: Address;
  readonly sender: Sender;
}

/** The notice, or nothing when this person has had it lately. */
export async function noticeOnce(
  store: Store,
  text: string,
  refused: Refused,
  turn: string,
): Promise<readonly OutboundContent[]> {
  if (text === "") return [];
  const state = store.state(refused.conversation.channel);
  const key = keyOf(refused);
  const isFirst = await state.compareAndSet(key, undefined, turn, { ttlMs: AGAIN_AFTER_MS });
  // The same turn again: it broke off before its notice was stored.
  return isFirst || (await state.get(key)) === turn ? [{ kind: "text", text, format: "plain" }] : [];
}

/** Has this person had the notice lately? */
export async function wasNoticed(store: Store, refused: Refused): Promise<boolean> {
  return (await store.state(refused.conversation.channel).get(keyOf(refused))) !== undefined;
}

/** One for all spellings of a person's id. */
function keyOf({ channel, conversation, sender }: Refused): string {
  const person = (id: string) => channel.personKey?.(id) ?? id;
  const { kind, peer } = conversation;
  const where = kind === "direct" ? { ...conversation, peer: person(peer) } : conversation;
  return `denied|${addressKey(where)}|${person(sender.id)}`;
}
