import ipaddr from "ipaddr.js";

/** Where a name leads: one address a connection may be opened to. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Addresses of a host name; rejects with a Node DNS error (`ENOTFOUND`, …) when there is none. */
export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>;

const WORDS: Readonly<Record<string, string>> = {
  carrierGradeNat: "a carrier-internal address (100.64.0.0/10, also used for cloud metadata)",
  ipv4Mapped: "an IPv4 address in IPv6 spelling",
  linkLocal: "a link-local address (cloud metadata lives there)",
  loopback: "a loopback address",
  multicast: "a multicast address",
  private: "a private address",
  uniqueLocal: "a private address",
  unspecified: "an unspecified address",
};

const IPV6_GLOBAL = ipaddr.IPv6.parseCIDR("2000::/3");
const NAT64 = ipaddr.IPv6.parseCIDR("64:ff9b::/96");
const BENCHMARK = ipaddr.IPv4.parseCIDR("198.18.0.0/15");
/** Answers on every Azure machine, though it looks public. */
const AZURE_PLATFORM = "168.63.129.16";

/**
 * Why a connection to this address is refused, or undefined when it is a public one.
 *
 * Public is what the registries of special addresses do not name: everything private, local, reserved, multicast or
 * leading into IPv4 by another spelling (mapped, 6to4, Teredo) is refused. NAT64 (64:ff9b::/96), which IPv6-only
 * networks need, is judged by the IPv4 address inside.
 */
export function refusalOf(address: string): string | undefined {
  if (!ipaddr.isValid(address) || address.includes("%")) return "not a plain IP address";
  const parsed = ipaddr.parse(address);
  return parsed instanceof ipaddr.IPv6 ? refusalOfIpv6(parsed) : refusalOfIpv4(parsed);
}

function refusalOfIpv4(address: ipaddr.IPv4): string | undefined {
  if (address.toString() === AZURE_PLATFORM) return "a cloud platform's internal address";
  const range = address.range();
  if (range === "unicast") return undefined;
  if (address.match(BENCHMARK)) {
    return "a benchmark address (198.18.0.0/15); when a proxy tool's fake-ip DNS hands these out, set an egress proxy or allow the host";
  }
  return WORDS[range] ?? `a special address (${range})`;
}

function refusalOfIpv6(address: ipaddr.IPv6): string | undefined {
  if (address.match(NAT64)) {
    const inner = new ipaddr.IPv4(address.toByteArray().slice(12));
    const refusal = refusalOfIpv4(inner);
    return refusal && `${refusal}, behind NAT64`;
  }
  const range = address.range();
  if (range === "unicast") return address.match(IPV6_GLOBAL) ? undefined : "an address outside the public IPv6 range";
  return WORDS[range] ?? `a special address (${range})`;
}

/** `[::1]` and `::1` alike: the address in a URL's host, or undefined when it is a name. */
export function literalAddress(hostname: string): string | undefined {
  const bare = hostname.startsWith("[") && hostname.endsWith("]") ? hostname.slice(1, -1) : hostname;
  return ipaddr.isValid(bare) ? bare : undefined;
}

/** True for this machine by name or by literal address. */
export function isLoopbackHost(hostname: string): boolean {
  const literal = literalAddress(hostname);
  if (literal !== undefined) {
    const address = ipaddr.process(literal);
    return address.range() === "loopback" || address.range() === "unspecified";
  }
  const name = hostname.toLowerCase().replace(/\.$/, "");
  return name === "localhost" || name.endsWith(".localhost");
}
