import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { toRequest } from "./light-request.ts";

/** Sends one request and has `read` look at it on the other side. */
async function received<T>(
  init: RequestInit,
  read: (request: Request, raw: IncomingMessage) => Promise<T>,
): Promise<T> {
  const { promise, resolve, reject } = withResolvers<T>();
  const server = createServer((raw, response) => {
    read(toRequest(raw), raw)
      .then(resolve, reject)
      .finally(() => response.end("ok"));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  await fetch(`http://127.0.0.1:${port}/hook?a=1`, init);
  return promise;
}

function withResolvers<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

async function readAll(request: Request): Promise<string> {
  const reader = request.body?.getReader();
  const chunks: Uint8Array[] = [];
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) chunks.push(part.value);
  return Buffer.concat(chunks).toString();
}

const post = (body: RequestInit["body"], headers: Record<string, string> = {}) => ({ method: "POST", body, headers });

describe("a request handed to a channel", () => {
  it("has method, path, query and headers", async () => {
    const seen = await received(post("x", { "X-Some": "thing" }), async ({ method, url, headers }) => [
      method,
      url,
      headers.get("x-SOME"),
      headers.has("nothing"),
    ]);

    expect(seen).toEqual(["POST", "http://localhost/hook?a=1", "thing", false]);
  });

  it("has no body on GET", async () => {
    expect(await received({}, async ({ body }) => body)).toBeNull();
  });

  it("gives its body piece by piece, whatever its size", async () => {
    const long = "语".repeat(300_000);

    const text = await received(post(long), readAll);

    expect(text).toBe(long);
  });

  it("gives its body as text and JSON as any Request does, once", async () => {
    const seen = await received(post('{"a":1}'), async (request) => {
      const value = await request.json();
      return [value, request.bodyUsed, await request.text().catch((error: Error) => error.name)];
    });

    expect(seen).toEqual([{ a: 1 }, true, "TypeError"]);
  });

  it("lists its headers", async () => {
    const names = await received(post("x"), async ({ headers }) => [...headers].map(([name]) => name));

    expect(names).toContain("content-length");
  });

  it("says that the body broke off when the sender goes away", async () => {
    const server = createServer((raw) => {
      readAll(toRequest(raw)).then(resolve, reject);
    });
    const { promise, resolve, reject } = withResolvers<string>();
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    onTestFinished(() => void server.close());

    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.write("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf");
    setTimeout(() => socket.destroy(), 50);

    await expect(promise).rejects.toThrow(/aborted|went away/);
  });
});
