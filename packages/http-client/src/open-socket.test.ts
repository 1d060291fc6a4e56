import { once } from "node:events";
import { createServer as createTcpServer } from "node:net";
import type { Duplex } from "node:stream";
import { createServer as createTlsServer } from "node:tls";
import { describe, expect, it } from "vitest";
import { CERTIFICATE, PRIVATE_KEY } from "./fixtures/certificate.ts";
import { client as clientWith, failure } from "./fixtures/clients.ts";
import { connectProxy, listen, serve, socksProxy } from "./fixtures/servers.ts";
import type { HttpClientOptions } from "./index.ts";

/** Tunnels take a moment longer than plain connections. */
function client(options: HttpClientOptions = {}) {
  return clientWith({ network: { timeoutMs: 1000, retries: 0 }, ...options });
}

/** Greets whoever connects. */
function greeter(): Promise<number> {
  return listen(createTcpServer((socket) => socket.on("error", () => undefined).write("hello")));
}

function tlsGreeter(): Promise<number> {
  const server = createTlsServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, (socket) =>
    socket.on("error", () => undefined).write("hello over TLS"),
  );
  return listen(server);
}

async function firstWords(socket: Duplex): Promise<string> {
  const [bytes] = await once(socket, "data");
  return String(bytes);
}

describe("a connection for another protocol", () => {
  it("goes straight to the host when there is no proxy", async () => {
    const port = await greeter();

    const socket = await client().openSocket(`ws://127.0.0.1:${port}/`);

    expect(await firstWords(socket)).toBe("hello");
  });

  it("goes through a CONNECT proxy, to the port of the address", async () => {
    const proxy = await connectProxy({ to: await greeter() });

    const socket = await client({ egressProxyUrl: `http://wx:gate@127.0.0.1:${proxy.port}` }).openSocket(
      "ws://bot.example.test/",
    );

    expect(await firstWords(socket)).toBe("hello");
    expect(proxy.asked).toMatchObject([{ target: "bot.example.test:80", authorization: expect.any(String) }]);
  });

  it("goes through a SOCKS 5 proxy of the environment", async () => {
    const proxy = await socksProxy({ to: await greeter() });

    const socket = await client({ env: { ALL_PROXY: `socks5://127.0.0.1:${proxy.port}` } }).openSocket(
      "ws://bot.example.test:8443/",
    );

    expect(await firstWords(socket)).toBe("hello");
    expect(proxy.asked).toEqual(["bot.example.test:8443"]);
  });

  it("is encrypted end to end for wss, also through a proxy", async () => {
    const proxy = await connectProxy({ to: await tlsGreeter() });

    const socket = await client({
      egressProxyUrl: `http://127.0.0.1:${proxy.port}`,
      ca: CERTIFICATE,
    }).openSocket("wss://files.example.test/");

    expect(await firstWords(socket)).toBe("hello over TLS");
    expect(proxy.asked.map(({ target }) => target)).toEqual(["files.example.test:443"]);
  });

  it("is refused where the certificate is not trusted", async () => {
    const proxy = await connectProxy({ to: await tlsGreeter() });
    const http = client({ egressProxyUrl: `http://127.0.0.1:${proxy.port}` });

    const error = await failure(http.openSocket("wss://files.example.test/"));

    expect(error).toMatchObject({ code: "http.tls", sent: "no" });
  });

  it.each([
    ["NO_PROXY names", "bot.example.test", { NO_PROXY: "example.test" }],
    ["is this machine", "127.0.0.1", {}],
  ])("leaves the proxy out for a host that %s", async (_why, host, env) => {
    const port = await greeter();
    const proxy = await connectProxy({ refuseWith: 500 });
    const resolve = async () => [{ address: "127.0.0.1", family: 4 as const }];
    const http = client({ env: { ...env, HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` }, resolve });

    const socket = await http.openSocket(`ws://${host}:${port}/`);

    expect(await firstWords(socket)).toBe("hello");
    expect(proxy.asked).toEqual([]);
  });

  it("says what the proxy answered, without its password", async () => {
    const proxy = await connectProxy({ refuseWith: 407 });
    const http = client({ egressProxyUrl: `http://wx:hunter2@127.0.0.1:${proxy.port}` });

    const error = await failure(http.openSocket("wss://bot.example.test/?secret=1"));

    expect(error.code).toBe("http.proxy");
    expect(error.message).toContain("user name and password");
    expect(error.message).not.toMatch(/hunter2|secret=1/);
  });

  it("ends with the reason of the caller's signal while it is being opened", async () => {
    const silent = await serve(() => undefined);
    const stop = new AbortController();
    const opening = client({ egressProxyUrl: silent.origin }).openSocket("wss://bot.example.test/", stop.signal);

    stop.abort(new Error("the channel stops"));

    await expect(opening).rejects.toThrow("the channel stops");
  });

  it("cannot be opened to an address of another kind", async () => {
    const error = await failure(client().openSocket("ftp://example.test/"));

    expect(error.code).toBe("http.bad-request");
  });

  it("ends with its client, which opens no other", async () => {
    const http = client();
    const port = await greeter();
    const socket = await http.openSocket(`ws://127.0.0.1:${port}/`);
    const ended = once(socket, "close");

    await http.close();

    await ended;
    expect((await failure(http.openSocket(`ws://127.0.0.1:${port}/`))).code).toBe("http.closed");
  });
});
