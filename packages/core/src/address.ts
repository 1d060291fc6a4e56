/** Where a conversation lives. Plain data: stored, compared field by field, logged. */
export type Address = {
  /** Configured channel id, e.g. "support". */
  readonly channel: string;
  /** Our identity on the platform: open_kfid, bot id, agent id, iLink bot id. */
  readonly account: string;
  /** `audience` (a department, a tag, everyone) is sent to and never heard from. */
  readonly kind: AddressKind;
  /** Customer, member or group. Case is kept exactly. */
  readonly peer: string;
};
export type AddressKind = "direct" | "group" | "audience";

/** One string per address, stable across releases: it is a stored key. */
export function addressKey(address: Address): string {
  return `${keyPart(address.channel)}|${keyPart(address.account)}|${address.kind}|${keyPart(address.peer)}`;
}

/** One part of such a key: no two lists of parts give one key. */
export function keyPart(text: string): string {
  // Asked for every message: hardly any name has one of the two characters.
  return text.includes("|") || text.includes("%") ? text.replace(/[%|]/g, encodeURIComponent) : text;
}

export function sameAddress(a: Address, b: Address): boolean {
  return a.channel === b.channel && a.account === b.account && a.kind === b.kind && a.peer === b.peer;
}
