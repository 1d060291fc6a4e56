import { createServer as createTcpServer } from "node:net";
import { describe, expect, it } from "vitest";
import { client, failure } from "./fixtures/clients.ts";
import { closedPort, listen, serve } from "./fixtures/servers.ts";

const RETRIES = { network: { timeoutMs: 300, retries: 2, retryDelayMs: 1 } };

describe("failures and retries", () => {
  it("says that nothing was sent when nobody listens", async () => {
    const error = await failure(
      client().fetch(`http://127.0.0.1:${await closedPort()}/`, { method: "POST", body: "{}" }),
    );

    expect(error).toMatchObject({ code: "http.connect", sent: "no" });
  });

  it("says that nothing was sent when the name does not resolve", async () => {
    const resolve = async () => {
      throw Object.assign(new Error("getaddrinfo ENOTFOUND nowhere.test"), { code: "ENOTFOUND" });
    };

    const error = await failure(client({ resolve }).fetch("http://nowhere.test/?access_token=SECRET"));

    expect(error).toMatchObject({
      code: "http.dns",
      sent: "no",
      message: expect.stringContaining("http://nowhere.test/"),
    });
    expect(`${error.stack}${error.cause}`).not.toContain("SECRET");
  });

  it("repeats a POST that found no connection", async () => {
    const { port } = await serve((_, response) => response.end("ok"));
    let calls = 0;
    const resolve = async () => {
      if (++calls < 3) throw Object.assign(new Error("busy"), { code: "EAI_AGAIN" });
      return [{ address: "127.0.0.1", family: 4 as const }];
    };

    const response = await client({ ...RETRIES, resolve }).fetch(`http://api.test:${port}/`, {
      method: "POST",
      body: "{}",
    });

    expect(await response.text()).toBe("ok");
    expect(calls).toBe(3);
  });

  it("never repeats a POST that may have arrived", async () => {
    let requests = 0;
    const { origin } = await serve((request) => {
      requests++;
      request.socket.destroy();
    });

    const error = await failure(client(RETRIES).fetch(origin, { method: "POST", body: "{}" }));

    expect(error).toMatchObject({ code: "http.connection-lost", sent: "unknown" });
    expect(requests).toBe(1);
  });

  it("repeats a GET whose connection broke", async () => {
    let requests = 0;
    const { origin } = await serve((request, response) => {
      if (++requests < 3) request.socket.destroy();
      else response.end("ok");
    });

    const response = await client(RETRIES).fetch(origin);

    expect(await response.text()).toBe("ok");
    expect(requests).toBe(3);
  });

  it("repeats a GET on 503 and hands over the last answer when it does not pass", async () => {
    let requests = 0;
    const { origin } = await serve((_, response) => {
      requests++;
      response.writeHead(503).end("later");
    });

    const response = await client(RETRIES).fetch(origin);

    expect([response.status, await response.text(), requests]).toEqual([503, "later", 3]);
  });

  it("does not repeat a POST on 503", async () => {
    let requests = 0;
    const { origin } = await serve((_, response) => {
      requests++;
      response.writeHead(503).end();
    });

    const response = await client(RETRIES).fetch(origin, { method: "POST", body: "{}" });

    expect([response.status, requests]).toEqual([503, 1]);
  });

  it("does not repeat a streamed body, which is gone", async () => {
    async function* pieces() {
      yield Buffer.from("x");
    }
    let calls = 0;
    const resolve = async () => {
      calls++;
      throw Object.assign(new Error("busy"), { code: "EAI_AGAIN" });
    };

    await failure(client({ ...RETRIES, resolve }).fetch("http://api.test/", { method: "POST", body: pieces() }));

    expect(calls).toBe(1);
  });

  it("stops retrying when the caller aborts", async () => {
    const http = client({ network: { timeoutMs: 300, retries: 5, retryDelayMs: 10_000 } });
    const abort = new AbortController();

    const pending = http.fetch(`http://127.0.0.1:${await closedPort()}/`, { signal: abort.signal });
    setTimeout(() => abort.abort(new Error("enough")), 50);

    await expect(pending).rejects.toThrow("enough");
  });

  it("calls an answer that is no HTTP what it is", async () => {
    const port = await listen(createTcpServer((socket) => socket.end("SSH-2.0-x\r\n")));

    const error = await failure(client().fetch(`http://127.0.0.1:${port}/`));

    expect(error).toMatchObject({ code: "http.bad-response", sent: "unknown" });
  });
});
