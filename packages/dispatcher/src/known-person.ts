import type { Address, Channel, InboundBatch, Store } from "@wxgate/core";

export interface PeerLookUp {
  readonly query: Pick<Store["query"], "knownPeers">;
}

/** Where ids are compared without case, the conversation that person has already: it holds the order, the limits, the memory. */
export async function asKnown(
  store: PeerLookUp,
  channel: Pick<Channel, "personKey">,
  address: Address,
): Promise<Address> {
  const { personKey } = channel;
  if (personKey === undefined || address.kind !== "direct") return address;
  const wanted = personKey(address.peer);
  const known = (await store.query.knownPeers(address.channel, address.peer, { foldCase: true })).filter(
    ({ account, kind, peer }) => account === address.account && kind === "direct" && personKey(peer) === wanted,
  );
  return known.find(({ peer }) => peer === address.peer) ?? known[0] ?? address;
}

const MOST_KNOWN = 20_000;

/** Leads what a person writes to the conversation of that person, in whatever case the id came this time. */
export function createSameConversation(
  store: PeerLookUp,
): (channel: Pick<Channel, "personKey">, batch: InboundBatch) => Promise<InboundBatch> {
  const known = new Map<string, Promise<Address>>();

  function conversationOf(channel: Pick<Channel, "personKey">, from: Address): Promise<Address> {
    const key = `${from.channel}|${from.account}|${channel.personKey?.(from.peer)}`;
    let found = known.get(key);
    if (found === undefined) {
      const [oldest] = known.keys();
      if (known.size >= MOST_KNOWN && oldest !== undefined) known.delete(oldest);
      found = asKnown(store, channel, from);
      known.set(key, found);
      found.catch(() => known.delete(key));
    }
    return found;
  }

  return async (channel, batch) => {
    const led = <T extends { readonly from: Address }>(items: readonly T[]) =>
      Promise.all(
        items.map(async (item) =>
          item.from.kind === "direct" ? { ...item, from: await conversationOf(channel, item.from) } : item,
        ),
      );
    return {
      ...batch,
      messages: await led(batch.messages),
      ...(batch.events && { events: await led(batch.events) }),
      ...(batch.history && { history: await led(batch.history) }),
    };
  };
}
