import type { Duplex } from "node:stream";
import { Agent } from "undici";
import type { Resolve } from "./address.ts";
import { createConnector, resolveWithSystem } from "./connector.ts";
import { type Download, type DownloadOptions, download } from "./download.ts";
import type { Guard } from "./guard.ts";
import { createSocketOpener } from "./open-socket.ts";
import { createProxySelector, type Env } from "./proxy.ts";
import { type FetchInit, type FetchInput, type OutboundRequest, toOutboundRequest } from "./request.ts";
import { withRetries } from "./retry.ts";
import { type SentMark, send } from "./send.ts";

export interface NetworkOptions {
  /** Longest silence: until connected (at most 10 s), until the answer begins, between two pieces of it. Default 15,000. */
  readonly timeoutMs?: number;
  /** Further attempts after the first. Default 2. */
  readonly retries?: number;
  /** Pause before the first retry; doubles with each. Default 500. */
  readonly retryDelayMs?: number;
}

export interface HttpClientOptions {
  readonly network?: NetworkOptions;
  /** Before every proxy of the environment: `http://`, `https://` or `socks5://`, with `user:password@` if need be. */
  readonly egressProxyUrl?: string;
  /** Where proxy variables are read from; nothing if not given. */
  readonly env?: Env;
  /** Resolves host names; the system's resolver if not given. */
  readonly resolve?: Resolve;
  /** Certificate authorities (PEM) to trust instead of Node's list, for private deployments. */
  readonly ca?: string | readonly string[];
}

export interface HttpClient {
  /**
   * Node's `fetch`, with timeouts, proxy and retries. Rejects with HttpError, or with the reason of the caller's signal.
   * An error status is an answer and does not reject.
   */
  readonly fetch: (input: FetchInput, init?: FetchInit) => Promise<Response>;
  /** Opens a URL for reading under a guard, a byte cap and a time limit. An error status rejects. */
  download(url: string | URL, options: DownloadOptions): Promise<Download>;
  /**
   * Opens a connection for another protocol than HTTP: through the proxy, encrypted for `wss:` and `https:`. What is spoken
   * on it is the caller's affair, and so is its end. Rejects like `fetch`.
   */
  openSocket(url: string | URL, signal?: AbortSignal): Promise<Duplex>;
  /** Drops all connections; what is under way fails, later calls fail with `http.closed`. */
  close(): Promise<void>;
}

const MAX_CONNECT_TIMEOUT_MS = 10_000;
/** Short enough for servers that say nothing about theirs; those that do are obeyed. */
const KEEP_ALIVE_MS = 10_000;

/** @throws HttpError `http.proxy-config`, RangeError for a timeout or count that cannot be. */
export function createHttpClient(options: HttpClientOptions = {}): HttpClient {
  const { timeoutMs = 15_000, retries = 2, retryDelayMs = 500 } = options.network ?? {};
  requireInteger("network.timeoutMs", timeoutMs, 1);
  requireInteger("network.retries", retries, 0);
  requireInteger("network.retryDelayMs", retryDelayMs, 0);

  const proxyFor = createProxySelector({ egressProxyUrl: options.egressProxyUrl, env: options.env ?? {} });
  const { resolve = resolveWithSystem, ca } = options;
  const connectTimeoutMs = Math.min(timeoutMs, MAX_CONNECT_TIMEOUT_MS);
  const connectorFor = (publicOnly: boolean) =>
    createConnector({ proxyFor, resolve, publicOnly, connectTimeoutMs, ca });
  const createAgent = (publicOnly: boolean) =>
    new Agent({
      connect: connectorFor(publicOnly),
      keepAliveTimeout: KEEP_ALIVE_MS,
      // Silence is watched per exchange, uploads included.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  const agents = { trusted: createAgent(false), public: createAgent(true) };
  const sockets = createSocketOpener(connectorFor(false));

  function open(request: OutboundRequest, guard?: Guard): Promise<Response> {
    const mark: SentMark = { sent: "no" };
    const attempt = () => send({ agents, timeoutMs }, request, mark, guard);
    return withRetries(request, { retries, retryDelayMs }, mark, attempt);
  }

  return {
    fetch: async (input, init) => open(toOutboundRequest(input, init)),
    download: (url, downloadOptions) => download(open, url, downloadOptions),
    openSocket: sockets.open,
    async close() {
      sockets.close();
      await Promise.all([agents.trusted.destroy(), agents.public.destroy()]);
    },
  };
}

function requireInteger(name: string, value: number, min: number): void {
  if (!Number.isInteger(value) || value < min)
    throw new RangeError(`${name} must be a whole number of at least ${min}`);
}
