import type { Address, Channel, Store } from "@wxgate/core";

/** Where ids are compared without case, the conversation that person has already: it holds the order, the limits, the memory. */
export async function asKnown(store: Store, channel: Channel, address: Address): Promise<Address> {
  const { personKey } = channel;
  if (personKey === undefined || address.kind !== "direct") return address;
  const wanted = personKey(address.peer);
  const known = (await store.query.knownPeers(address.channel, address.peer, { foldCase: true })).filter(
    ({ account, kind, peer }) => account === address.account && kind === "direct" && personKey(peer) === wanted,
  );
  return known.find(({ peer }) => peer === address.peer) ?? known[0] ?? address;
}
