import ipaddr from "ipaddr.js";
import { literalAddress } from "./address.ts";

type Rule = (host: string, port: string) => boolean;

/**
 * Reads a `NO_PROXY` list: entries separated by commas or blanks.
 *
 * `*` is every host; `example.com`, `.example.com` and `*.example.com` are that domain and all below it;
 * `10.0.0.7`, `[::1]` one address; `10.0.0.0/8`, `fd00::/8` a range; each but a range may end in `:port`.
 * Names are matched as written and are not resolved.
 */
export function parseNoProxy(list: string): (url: URL) => boolean {
  const rules = list
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .map(toRule);

  return (url) => {
    const host = literalAddress(url.hostname) ?? url.hostname.toLowerCase().replace(/\.$/, "");
    const port = url.port || (url.protocol === "https:" ? "443" : "80");
    return rules.some((rule) => rule(host, port));
  };
}

function toRule(entry: string): Rule {
  if (entry === "*") return () => true;
  if (entry.includes("/")) return cidrRule(entry);

  const { name, port } = splitPort(entry.toLowerCase());
  const address = literalAddress(name);
  if (address !== undefined) {
    const wanted = ipaddr.parse(address).toNormalizedString();
    return (host, hostPort) =>
      samePort(port, hostPort) && ipaddr.isValid(host) && ipaddr.parse(host).toNormalizedString() === wanted;
  }
  const domain = name.replace(/^\*?\./, "").replace(/\.$/, "");
  return (host, hostPort) => samePort(port, hostPort) && (host === domain || host.endsWith(`.${domain}`));
}

function cidrRule(entry: string): Rule {
  if (!ipaddr.isValidCIDR(entry)) return () => false;
  const [network, bits] = ipaddr.parseCIDR(entry);
  return (host) => {
    if (!ipaddr.isValid(host)) return false;
    const address = ipaddr.parse(host);
    return address.kind() === network.kind() && address.match(network, bits);
  };
}

/** The port behind a name, an IPv4 address or a bracketed IPv6 address; a bare IPv6 address has none. */
function splitPort(entry: string): { name: string; port?: string } {
  const match = /^(\[[^\]]+\]|[^:]+):(\d{1,5})$/.exec(entry);
  return match ? { name: match[1]!, port: match[2] } : { name: entry };
}

function samePort(wanted: string | undefined, actual: string): boolean {
  return wanted === undefined || wanted === actual;
}
