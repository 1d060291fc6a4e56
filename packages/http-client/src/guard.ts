import { literalAddress, refusalOf } from "./address.ts";
import { describeUrl, HttpError } from "./errors.ts";

/**
 * Decides which URLs a download may open; asked for the first URL and again for every redirect.
 *
 * `trusted`: the connection may lead anywhere and a proxy resolves the name. `public`: only to public addresses; the
 * name is resolved here, every address it has is checked, and the connection (or the proxy's tunnel) is opened to the
 * very address that was checked.
 */
export interface Guard {
  /** @throws HttpError `http.blocked-url` or `http.blocked-address`. */
  check(url: URL): "trusted" | "public";
}

export interface GuardOptions {
  /** Origins (`https://files.internal:8443`) exempt from the address check: the operator's own. */
  readonly allowOrigins?: readonly string[];
  /** Host names exempt from the address check on every port; `.example.com` is the domain and all below it. */
  readonly allowHosts?: readonly string[];
  /** Ports that may be used; if not given, 80, 443 and all from 1024 on (no mail, SSH and the like). */
  readonly ports?: readonly number[];
}

/** For URLs written by people or models: anything public over http and https. */
export function createGuard({ allowOrigins = [], allowHosts = [], ports }: GuardOptions = {}): Guard {
  const origins = new Set(allowOrigins.map(toOrigin));
  const hosts = allowHosts.map((host) => host.toLowerCase());

  return {
    check(url) {
      requireWebUrl(url);
      if (origins.has(url.origin) || hosts.some((host) => hostMatches(url.hostname, host))) return "trusted";
      requirePort(url, ports);
      requirePublicLiteral(url);
      return "public";
    },
  };
}

export interface PlatformGuardOptions {
  /** Domains of the platform (`qpic.cn`), each with everything below it. */
  readonly domains: readonly string[];
  /** Origins configured for the channel (a private deployment, a simulator). */
  readonly allowOrigins?: readonly string[];
}

/** For URLs the platform hands out: its own domains and the channel's configured origins, nothing else. */
export function createPlatformGuard({ domains, allowOrigins = [] }: PlatformGuardOptions): Guard {
  const origins = new Set(allowOrigins.map(toOrigin));
  const suffixes = domains.map((domain) => `.${domain.toLowerCase().replace(/^\./, "")}`);

  return {
    check(url) {
      requireWebUrl(url);
      if (origins.has(url.origin)) return "trusted";
      if (suffixes.some((suffix) => hostMatches(url.hostname, suffix))) {
        requirePort(url, undefined);
        return "trusted";
      }
      throw blocked(url, "is neither on the platform's domains nor on an address configured for this channel");
    },
  };
}

/** http or https, and no user name or password: the rule for every URL this package opens. */
export function requireWebUrl(url: URL): void {
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new HttpError(`only http and https URLs can be opened, not "${url.protocol}"`, {
      code: "http.blocked-url",
      sent: "no",
    });
  }
  if (url.username !== "" || url.password !== "") throw blocked(url, "carries a user name or password");
}

const LOWEST_OPEN_PORT = 1024;

function requirePort(url: URL, ports: readonly number[] | undefined): void {
  if (url.port === "" && ports === undefined) return;
  const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
  const allowed = ports ? ports.includes(port) : port === 80 || port === 443 || port >= LOWEST_OPEN_PORT;
  if (!allowed) throw blocked(url, `uses port ${port}, which is not open to such URLs`);
}

/** The WHATWG parser has turned 0x7f.1, 017700000001 and 2130706433 into 127.0.0.1 already. */
function requirePublicLiteral(url: URL): void {
  const literal = literalAddress(url.hostname);
  if (literal !== undefined) requirePublic(url.hostname, literal);
}

/** @throws HttpError `http.blocked-address` unless the address is a public one. */
export function requirePublic(hostname: string, address: string): void {
  const refusal = refusalOf(address);
  if (refusal === undefined) return;
  throw new HttpError(`${hostname} is refused: it leads to ${refusal}`, { code: "http.blocked-address", sent: "no" });
}

function hostMatches(hostname: string, rule: string): boolean {
  const host = hostname.toLowerCase().replace(/\.$/, "");
  return rule.startsWith(".") ? host === rule.slice(1) || host.endsWith(rule) : host === rule;
}

function toOrigin(value: string): string {
  const origin = URL.canParse(value) ? new URL(value).origin : "null";
  if (origin === "null")
    throw new TypeError("an allowed origin must be written like https://host or https://host:port");
  return origin;
}

function blocked(url: URL, reason: string): HttpError {
  return new HttpError(`${describeUrl(url)} is refused: it ${reason}`, { code: "http.blocked-url", sent: "no" });
}
