import { type Address, addressKey, type Channel, type InboundBatch, type Store } from "@wxgate/core";

export interface PeerLookUp extends Pick<Store, "state"> {
  readonly query: Pick<Store["query"], "knownPeers">;
}

/** Far longer than a first message takes to be stored. */
const FIRST_SPELLING_MS = 10 * 60_000;

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
  return known.find(({ peer }) => peer === address.peer) ?? known[0] ?? firstSpelling(store, address, wanted);
}

/** Of several who meet a new person in the same moment, in whatever process, the first says how the id is written. */
async function firstSpelling({ state: stateOf }: PeerLookUp, address: Address, person: string): Promise<Address> {
  const state = stateOf(address.channel);
  const key = `spelling|${addressKey({ ...address, peer: person })}`;
  if (await state.compareAndSet(key, undefined, address.peer, { ttlMs: FIRST_SPELLING_MS })) return address;
  const peer = await state.get(key);
  return typeof peer === "string" ? { ...address, peer } : address;
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
