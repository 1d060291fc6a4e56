import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type Exchange, sendText } from "./http-io.ts";

export type Handle = (exchange: Exchange) => Promise<void>;

/** Who answers which paths: the longest prefix wins. */
export type Prefixes = Readonly<Record<string, Handle>>;

/** Takes over a connection that asks to become a WebSocket. */
export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export interface SimServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Listens on the loopback address only: the simulator gives away every secret it holds. */
export async function startServer(
  port: number,
  prefixes: Prefixes,
  upgrades: Readonly<Record<string, Upgrade>> = {},
): Promise<SimServer> {
  const ordered = Object.entries(prefixes).sort(([one], [other]) => other.length - one.length);
  const server = createServer((request, response) => void answer(ordered, request, response));
  server.on("upgrade", (request, socket, head) => {
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    const upgrade = Object.hasOwn(upgrades, path) ? upgrades[path] : undefined;
    if (upgrade) upgrade(request, socket, head);
    else socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n");
  });
  server.keepAliveTimeout = 60_000;
  await listen(server, port);
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${actual}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
}

async function answer(
  prefixes: readonly (readonly [string, Handle])[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const target = request.url ?? "/";
  const mark = target.indexOf("?");
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? "" : target.slice(mark + 1));
  const handle = prefixes.find(([prefix]) => path.startsWith(prefix))?.[1];
  try {
    if (handle) await handle({ request, response, method: request.method ?? "GET", path, query });
    else sendText(response, 404, `There is nothing at ${path}.\n`, "text/plain; charset=utf-8");
  } catch (error) {
    // A client that went away is nobody's mistake; anything else is ours and must be seen by the one who asked.
    if (response.headersSent || response.destroyed) response.destroy();
    else
      sendText(response, 500, `The simulator failed: ${error instanceof Error ? error.stack : error}\n`, "text/plain");
  }
}
