import { lookup as dnsLookup } from "node:dns/promises";
import type { LookupFunction, Socket } from "node:net";
import { buildConnector } from "undici";
import { literalAddress, type Resolve } from "./address.ts";
import { requirePublic } from "./guard.ts";
import type { EgressProxy } from "./proxy.ts";
import { openTunnel } from "./tunnel.ts";

export interface ConnectorOptions {
  readonly proxyFor: (url: URL) => EgressProxy | undefined;
  readonly resolve: Resolve;
  /** Open connections to checked public addresses only; a proxy is told the checked address, not the name. */
  readonly publicOnly: boolean;
  readonly connectTimeoutMs: number;
  /** Certificate authorities (PEM) instead of Node's own list. */
  readonly ca?: string | readonly string[];
}

export const resolveWithSystem: Resolve = async (hostname) =>
  (await dnsLookup(hostname, { all: true })).map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));

/** How undici opens a connection: directly or through the proxy, to an address that was checked where that is asked. */
export function createConnector(options: ConnectorOptions): buildConnector.connector {
  const { proxyFor, publicOnly, connectTimeoutMs, ca } = options;
  const resolve = publicOnly ? resolvePublic(options.resolve) : options.resolve;
  const tls = ca === undefined ? {} : { ca: typeof ca === "string" ? ca : [...ca] };
  const open = buildConnector({ timeout: connectTimeoutMs, lookup: toLookup(resolve), ...tls });

  async function tunnel(proxy: EgressProxy, target: buildConnector.Options): Promise<Socket> {
    const port = target.port === "" ? (target.protocol === "https:" ? 443 : 80) : Number(target.port);
    const host = publicOnly ? (await resolve(target.hostname))[0]!.address : target.hostname;
    return openTunnel(proxy, { host, port }, connectTimeoutMs);
  }

  return (target, callback) => {
    const fail = (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), null);
    const proxy = proxyFor(new URL(`${target.protocol}//${target.host ?? target.hostname}`));
    if (proxy) {
      tunnel(proxy, target).then((socket) => {
        if (target.protocol === "https:") open({ ...target, httpSocket: socket }, callback);
        else callback(null, socket);
      }, fail);
      return;
    }
    // node:net asks no lookup for a literal address, so those are checked here.
    const literal = literalAddress(target.hostname);
    try {
      if (publicOnly && literal !== undefined) requirePublic(target.hostname, literal);
    } catch (error) {
      fail(error);
      return;
    }
    open(target, callback);
  };
}

/** Every address must be public: a name that leads to both worlds is not to be trusted with either. */
function resolvePublic(resolve: Resolve): Resolve {
  return async (hostname) => {
    const literal = literalAddress(hostname);
    const addresses = literal === undefined ? await resolve(hostname) : [toResolved(literal)];
    for (const { address } of addresses) requirePublic(hostname, address);
    return addresses;
  };
}

function toResolved(address: string): { address: string; family: 4 | 6 } {
  return { address, family: address.includes(":") ? 6 : 4 };
}

function toLookup(resolve: Resolve): LookupFunction {
  return (hostname, { all, family }, callback) => {
    resolve(hostname).then(
      (addresses) => {
        const wanted = family === 4 || family === 6 ? addresses.filter((entry) => entry.family === family) : addresses;
        if (all) return callback(null, [...wanted]);
        const first = wanted[0];
        if (first) callback(null, first.address, first.family);
        else callback(Object.assign(new Error(`${hostname} has no address`), { code: "ENOTFOUND" }), "", 4);
      },
      (error: NodeJS.ErrnoException) => callback(error, "", 4),
    );
  };
}
