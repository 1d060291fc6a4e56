import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { client, failure } from "./fixtures/clients.ts";
import { closedPort, readBody, serve } from "./fixtures/servers.ts";

describe("fetch", () => {
  it("answers with Node's own Response, its URL included", async () => {
    const { origin } = await serve((_, response) => response.end("hi"));

    const response = await client().fetch(`${origin}/a?b=1`);

    expect(response).toBeInstanceOf(Response);
    expect(response.url).toBe(`${origin}/a?b=1`);
    expect(await response.text()).toBe("hi");
  });

  it("gives back an error status as an answer", async () => {
    const { origin } = await serve((_, response) => response.writeHead(404).end());

    const response = await client().fetch(origin);

    expect(response.status).toBe(404);
  });

  it("keeps connections for the next call", async () => {
    const ports = new Set<number>();
    const { origin } = await serve((request, response) => {
      ports.add(request.socket.remotePort!);
      response.end("ok");
    });
    const http = client();

    for (let i = 0; i < 20; i++) await (await http.fetch(origin)).text();

    // The body can end a moment before its connection is free again.
    expect(ports.size).toBeLessThanOrEqual(2);
  });

  it("sends a form with its length, which upload endpoints insist on", async () => {
    const seen: { length?: string; body: string }[] = [];
    const { origin } = await serve(async (request, response) => {
      seen.push({ length: request.headers["content-length"], body: await readBody(request) });
      response.end();
    });
    const form = new FormData();
    form.append("media", new File(["hello"], "报告.txt", { type: "text/plain" }));

    await client().fetch(origin, { method: "POST", body: form });

    expect(Number(seen[0]!.length)).toBe(Buffer.byteLength(seen[0]!.body));
    expect(seen[0]!.body).toContain('filename="报告.txt"');
    expect(seen[0]!.body).toContain("hello");
  });

  it("sends a stream with the length the caller states", async () => {
    const lengths: (string | undefined)[] = [];
    const { origin } = await serve(async (request, response) => {
      lengths.push(request.headers["content-length"]);
      response.end(await readBody(request));
    });
    async function* pieces() {
      yield Buffer.from("ab");
      yield Buffer.from("cd");
    }

    const response = await client().fetch(origin, {
      method: "POST",
      body: pieces(),
      headers: { "content-length": "4" },
    });

    expect(await response.text()).toBe("abcd");
    expect(lengths).toEqual(["4"]);
  });

  it("sends a stream without a stated length in chunks", async () => {
    const { origin } = await serve(async (request, response) => {
      response.end(
        `${request.headers["transfer-encoding"]} ${request.headers["content-length"]} ${await readBody(request)}`,
      );
    });
    const body = new Blob(["ab", "cd"]).stream();

    const response = await client().fetch(origin, { method: "POST", body });

    expect(await response.text()).toBe("chunked undefined abcd");
  });

  it("reads a stream no faster than the server takes it", async () => {
    let read = 0;
    async function* pieces() {
      for (let i = 0; i < 1000; i++) {
        read++;
        yield Buffer.alloc(64 * 1024);
      }
    }
    const { origin } = await serve((request) => request.pause());

    await failure(client().fetch(origin, { method: "POST", body: pieces() }));

    expect(read).toBeLessThan(500);
  });

  it("lets go of the source when there is no connection, or the server falls silent", async () => {
    const { origin } = await serve(() => undefined);
    const files = [Readable.from(["x"]), new Readable({ read() {} })];
    let cancelled = 0;
    const streams = [0, 1].map(() => new ReadableStream<Uint8Array>({ cancel: () => void cancelled++ }));
    const urls = [`http://127.0.0.1:${await closedPort()}/`, origin];

    for (const [i, url] of urls.entries()) {
      await failure(client().fetch(url, { method: "POST", body: files[i] }));
      await failure(client().fetch(url, { method: "POST", body: streams[i] }));
    }

    expect(files.map((file) => file.destroyed)).toEqual([true, true]);
    expect(cancelled).toBe(2);
  });

  it.each([
    ["gzip", gzipSync],
    ["deflate", deflateSync],
    ["br", brotliCompressSync],
  ])("reads an answer that comes in %s although nobody asked for it", async (encoding, compress) => {
    const { origin } = await serve((request, response) =>
      response
        .writeHead(200, { "content-encoding": encoding })
        .end(compress(`asked for: ${request.headers["accept-encoding"]}`)),
    );

    const response = await client().fetch(origin);

    expect(await response.text()).toBe("asked for: undefined");
  });

  it("calls a body that is not the encoding it says it is what it is", async () => {
    const { origin } = await serve((_, response) =>
      response.writeHead(200, { "content-encoding": "gzip" }).end("plain"),
    );

    const error = await failure((await client().fetch(origin)).text());

    expect(error.code).toBe("http.bad-response");
  });

  it("has nothing to read in an answer without a body", async () => {
    const { origin } = await serve((_, response) => response.writeHead(204).end());

    const response = await client().fetch(origin);

    expect([response.status, response.body]).toEqual([204, null]);
  });

  it("hears the answer after what only announces it", async () => {
    const { origin } = await serve((_, response) => {
      response.writeProcessing();
      response.end("done");
    });

    expect(await (await client().fetch(origin)).text()).toBe("done");
  });

  it("takes a large answer no faster than it is read", async () => {
    let written = 0;
    const { origin } = await serve(async (_, response) => {
      for (let part = 0; part < 200 && !response.destroyed; part++) {
        written += 1;
        if (!response.write(Buffer.alloc(256 * 1024))) await new Promise((drained) => response.once("drain", drained));
      }
      response.end();
    });

    const response = await client({ network: { timeoutMs: 2_000, retries: 0 } }).fetch(origin);
    await sleep(600);
    const early = written;
    const bytes = (await response.arrayBuffer()).byteLength;

    expect(early).toBeLessThan(100);
    expect(bytes).toBe(200 * 256 * 1024);
  });

  it("says who asks and what it takes, unless the caller does", async () => {
    const { origin } = await serve(({ headers }, response) =>
      response.end(`${headers["user-agent"]} ${headers.accept}`),
    );

    const said = await Promise.all(
      [undefined, { "user-agent": "shop/1.0", accept: "text/plain" }].map(async (headers) =>
        (await client().fetch(origin, headers && { headers })).text(),
      ),
    );

    expect(said).toEqual(["wxgate */*", "shop/1.0 text/plain"]);
  });

  it("takes a Request", async () => {
    const { origin } = await serve(async (request, response) =>
      response.end(`${request.method} ${await readBody(request)}`),
    );

    const response = await client().fetch(new Request(origin, { method: "PUT", body: "x" }));

    expect(await response.text()).toBe("PUT x");
  });

  it.each(["ftp://example.com/", "file:///etc/passwd", "nonsense"])("refuses %s", async (url) => {
    const error = await failure(client().fetch(url));

    expect(error.sent).toBe("no");
    expect(["http.blocked-url", "http.bad-request"]).toContain(error.code);
  });

  it("refuses a URL with a password and does not repeat it", async () => {
    const error = await failure(client().fetch("https://wx:hunter2@example.com/"));

    expect(error.code).toBe("http.blocked-url");
    expect(error.message).not.toContain("hunter2");
  });

  it("fails at once after close", async () => {
    const http = client();
    await http.close();

    const error = await failure(http.fetch("http://127.0.0.1:8099/"));

    expect(error).toMatchObject({ code: "http.closed", sent: "no" });
  });
});

describe("timeouts", () => {
  it("ends a server that never answers, and says that the request may have arrived", async () => {
    const { origin } = await serve(() => undefined);

    const error = await failure(client().fetch(`${origin}/send?access_token=SECRET`, { method: "POST", body: "{}" }));

    expect(error).toMatchObject({ code: "http.timeout", sent: "unknown" });
    expect(error.message).not.toContain("SECRET");
  });

  it("ends a body that stalls half-way", async () => {
    const { origin } = await serve((_, response) => {
      response.write("half");
    });

    const response = await client().fetch(origin);
    const error = await failure(response.text());

    expect(error.code).toBe("http.timeout");
  });

  it("lets a slow body pass that keeps moving", async () => {
    const { origin } = await serve(async (_, response) => {
      for (let i = 0; i < 5; i++) {
        response.write("x");
        await sleep(120);
      }
      response.end();
    });

    const response = await client().fetch(origin);

    expect(await response.text()).toBe("xxxxx");
  });

  it("lets a slow upload pass that keeps moving", async () => {
    const { origin } = await serve(async (request, response) => response.end(await readBody(request)));
    async function* pieces() {
      for (let i = 0; i < 5; i++) {
        await sleep(120);
        yield Buffer.from("x");
      }
    }

    const response = await client().fetch(origin, { method: "POST", body: pieces() });

    expect(await response.text()).toBe("xxxxx");
  });

  it("does not count the time in which the consumer does not read", async () => {
    const { origin } = await serve((_, response) => response.end(Buffer.alloc(4 * 1024 * 1024)));

    const response = await client().fetch(origin);
    const reader = response.body!.getReader();
    await reader.read();
    await sleep(700);
    let bytes = 0;
    for (let part = await reader.read(); !part.done; part = await reader.read()) bytes += part.value.byteLength;

    expect(bytes).toBeGreaterThan(3 * 1024 * 1024);
  });

  it("ends with the caller's own reason when the caller aborts, also during the body", async () => {
    const { origin } = await serve((_, response) => {
      response.write("half");
    });
    const abort = new AbortController();

    const response = await client().fetch(origin, { signal: abort.signal });
    const text = response.text();
    abort.abort(new Error("enough"));

    await expect(text).rejects.toThrow("enough");
  });

  it("leaves nothing behind on a signal that lives long", async () => {
    const { origin } = await serve((_, response) => response.end("ok"));
    const http = client();
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };

    for (let i = 0; i < 20; i++) await (await http.fetch(origin, { signal })).text();

    expect(listeners).toBeLessThanOrEqual(0);
  });
});
