import { type ClientRequestArgs, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect, isIPv6, type Socket } from "node:net";
import { errorCode, HttpError } from "./errors.ts";
import type { EgressProxy } from "./proxy.ts";
import { negotiateSocks5 } from "./socks5.ts";

/** The far end of a tunnel: a name (the proxy resolves it) or an address. */
export interface TunnelTarget {
  readonly host: string;
  readonly port: number;
}

/**
 * Opens a TCP connection to `target` through the proxy: CONNECT for http(s) proxies, SOCKS 5 otherwise. Plain-http
 * targets go through a tunnel as well, so that the proxy cannot be talked into another address than the one checked.
 *
 * @throws HttpError `http.proxy` (`sent: "no"`), naming the key the proxy was configured with.
 */
export async function openTunnel(proxy: EgressProxy, target: TunnelTarget, timeoutMs: number): Promise<Socket> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    return proxy.protocol === "socks5:"
      ? await openSocks5(proxy, target, signal)
      : await openConnect(proxy, target, signal);
  } catch (error) {
    if (error instanceof HttpError) throw error;
    const why = signal.aborted
      ? `did not answer within ${timeoutMs} ms`
      : `cannot be used (${errorCode(error) ?? "failed"})`;
    throw proxyError(proxy, why, error);
  }
}

function openConnect(proxy: EgressProxy, target: TunnelTarget, signal: AbortSignal): Promise<Socket> {
  const authority = `${isIPv6(target.host) ? `[${target.host}]` : target.host}:${target.port}`;
  const options: ClientRequestArgs = {
    host: proxy.hostname,
    port: proxy.port,
    method: "CONNECT",
    path: authority,
    headers: { host: authority, ...authorization(proxy) },
    agent: false,
    signal,
  };
  return new Promise((resolve, reject) => {
    const request = proxy.protocol === "https:" ? httpsRequest(options) : httpRequest(options);
    request.once("error", reject);
    request.once("response", (response: IncomingMessage) => {
      response.destroy();
      reject(proxyError(proxy, `answered CONNECT ${authority} with ${response.statusCode}`));
    });
    request.once("connect", (response: IncomingMessage, socket: Socket, head: Buffer) => {
      if (response.statusCode === 200) {
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
        return;
      }
      socket.destroy();
      reject(proxyError(proxy, refusal(response.statusCode, authority)));
    });
    request.end();
  });
}

function refusal(status: number | undefined, authority: string): string {
  if (status === 407) return `wants a user name and password (407); write them into its URL`;
  return `refused a tunnel to ${authority} (${status})`;
}

function authorization({ credentials }: EgressProxy): Record<string, string> {
  if (!credentials) return {};
  const pair = Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64");
  return { "proxy-authorization": `Basic ${pair}` };
}

async function openSocks5(proxy: EgressProxy, target: TunnelTarget, signal: AbortSignal): Promise<Socket> {
  const socket = connect({ host: proxy.hostname, port: proxy.port });
  const abort = () => socket.destroy(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    const refused = await negotiateSocks5(socket, target, proxy.credentials);
    if (refused === undefined) return socket;
    throw proxyError(proxy, refused);
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function proxyError(proxy: EgressProxy, problem: string, cause?: unknown): HttpError {
  return new HttpError(`the proxy ${proxy.hostname}:${proxy.port} (from ${proxy.key}) ${problem}`, {
    code: "http.proxy",
    sent: "no",
    cause,
  });
}
