import { isLoopbackHost } from "./address.ts";
import { HttpError } from "./errors.ts";
import { parseNoProxy } from "./no-proxy.ts";

/** Environment variables, handed in by the caller. */
export type Env = Readonly<Record<string, string | undefined>>;

/** A proxy and where it was configured. */
export interface EgressProxy {
  /** The configuration key or environment variable it came from, for messages. */
  readonly key: string;
  readonly protocol: "http:" | "https:" | "socks5:";
  readonly hostname: string;
  readonly port: number;
  readonly credentials?: { readonly username: string; readonly password: string };
}

/** In order of priority; the first that is not blank wins and is used for http and https alike. */
const PROXY_VARIABLES = [
  "WXGATE_EGRESS_PROXY_URL",
  "OPENCLAW_WECOM_EGRESS_PROXY_URL",
  "WECOM_EGRESS_PROXY_URL",
  "HTTPS_PROXY",
  "https_proxy",
  "ALL_PROXY",
  "all_proxy",
  "HTTP_PROXY",
  "http_proxy",
] as const;

const DEFAULT_PORTS = { "http:": 80, "https:": 443, "socks5:": 1080 } as const;

/**
 * Says for each URL which proxy it goes through, or undefined for a direct connection.
 *
 * Loopback (`localhost`, 127.0.0.0/8, `::1`) never goes through a proxy, wherever it was configured: the proxy's own
 * loopback is never what was meant. `NO_PROXY` holds for `egressProxyUrl` too, as it does in curl.
 *
 * @throws HttpError `http.proxy-config` that names the key, never the value.
 */
export function createProxySelector({
  egressProxyUrl,
  env,
}: {
  egressProxyUrl?: string;
  env: Env;
}): (url: URL) => EgressProxy | undefined {
  const proxy = chooseProxy(egressProxyUrl, env);
  if (!proxy) return () => undefined;

  const bypassed = parseNoProxy(notBlank(env.NO_PROXY) ?? notBlank(env.no_proxy) ?? "");
  return (url) => (isLoopbackHost(url.hostname) || bypassed(url) ? undefined : proxy);
}

function chooseProxy(egressProxyUrl: string | undefined, env: Env): EgressProxy | undefined {
  const configured = notBlank(egressProxyUrl);
  if (configured !== undefined) return parseProxyUrl(configured, "egressProxyUrl");

  const key = PROXY_VARIABLES.find((name) => notBlank(env[name]) !== undefined);
  return key && parseProxyUrl(env[key]!.trim(), key);
}

/**
 * `http://`, `https://` and `socks5://` (also `socks5h://`, `socks://`: the proxy resolves names in all of them), with
 * user and password if need be. Without a scheme `http://` is meant, as in curl.
 */
function parseProxyUrl(value: string, key: string): EgressProxy {
  const url = parseUrl(value.includes("://") ? value : `http://${value}`, key);
  const protocol = url.protocol === "socks:" || url.protocol === "socks5h:" ? "socks5:" : url.protocol;
  if (protocol !== "http:" && protocol !== "https:" && protocol !== "socks5:") {
    throw badProxy(key, `has the scheme "${url.protocol.slice(0, -1)}"; http, https and socks5 are possible`);
  }
  if (url.hostname === "") throw badProxy(key, "has no host; write it as http://host:port");

  const credentials = url.username === "" && url.password === "" ? undefined : readCredentials(url, key);
  return {
    key,
    protocol,
    hostname: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? DEFAULT_PORTS[protocol] : Number(url.port),
    ...(credentials && { credentials }),
  };
}

function parseUrl(value: string, key: string): URL {
  if (!URL.canParse(value))
    throw badProxy(key, "is not a URL; write it as http://host:port or http://user:password@host:port");
  return new URL(value);
}

function readCredentials(url: URL, key: string): { username: string; password: string } {
  try {
    return { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  } catch {
    throw badProxy(key, 'has a user name or password with a bad percent-encoding; write "%" as "%25"');
  }
}

function badProxy(key: string, problem: string): HttpError {
  return new HttpError(`${key} ${problem}`, { code: "http.proxy-config", sent: "no" });
}

function notBlank(value: string | undefined): string | undefined {
  const trimmed = value?.trim();
  return trimmed === "" ? undefined : trimmed;
}
