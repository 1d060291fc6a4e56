import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { client, failure } from "./fixtures/clients.ts";
import { serve } from "./fixtures/servers.ts";
import { createGuard, createPlatformGuard, type Download, type DownloadOptions } from "./index.ts";

function options(more: Partial<DownloadOptions>): DownloadOptions {
  return { signal: new AbortController().signal, maxBytes: 1024, guard: createGuard(), ...more };
}

async function text({ body }: Download): Promise<string> {
  return new Response(body).text();
}

describe("download", () => {
  it("streams the bytes and says what the server said about them", async () => {
    const { origin } = await serve((_, response) => {
      response.setHeader("content-type", "Image/PNG; charset=x");
      response.setHeader("content-disposition", 'attachment; filename="a.png"');
      response.end("12345");
    });

    const file = await client().download(
      `${origin}/a.png?sign=1`,
      options({ guard: createGuard({ allowOrigins: [origin] }) }),
    );

    expect(file).toMatchObject({ mime: "image/png", bytes: 5, disposition: 'attachment; filename="a.png"' });
    expect(await text(file)).toBe("12345");
  });

  it("refuses an announced size over the limit and names the limit", async () => {
    const { origin } = await serve((_, response) => response.end(Buffer.alloc(2000)));

    const error = await failure(client().download(origin, options({ guard: createGuard({ allowOrigins: [origin] }) })));

    expect(error.code).toBe("http.too-large");
    expect(error.message).toContain("1024 bytes");
    expect(error.message).toContain("2000");
  });

  it("stops at the limit when no size was announced", async () => {
    let written = 0;
    const { origin } = await serve(async (_, response) => {
      while (!response.destroyed && written < 500) {
        response.write(Buffer.alloc(1024));
        written++;
        await sleep(1);
      }
    });

    const file = await client().download(origin, options({ guard: createGuard({ allowOrigins: [origin] }) }));
    const error = await failure(text(file));

    expect(error.code).toBe("http.too-large");
    await sleep(100);
    expect(written).toBeLessThan(500);
  });

  it("ends a download that trickles for too long in all", async () => {
    const { origin } = await serve(async (_, response) => {
      while (!response.destroyed) {
        response.write("x");
        await sleep(50);
      }
    });

    const guard = createGuard({ allowOrigins: [origin] });
    const file = await client().download(origin, options({ guard, totalTimeoutMs: 400 }));
    const error = await failure(text(file));

    expect(error.code).toBe("http.timeout");
  });

  it("fails when the connection breaks before the announced end", async () => {
    const { origin } = await serve((_, response) => {
      response.writeHead(200, { "content-length": "10" });
      response.write("12345", () => response.destroy());
    });

    const file = await client().download(origin, options({ guard: createGuard({ allowOrigins: [origin] }) }));
    const error = await failure(text(file));

    expect(error).toMatchObject({ code: "http.connection-lost", sent: "unknown" });
  });

  it("takes an error status for a failure, without the query in its words", async () => {
    const { origin } = await serve((_, response) => response.writeHead(403).end("no"));

    const guard = createGuard({ allowOrigins: [origin] });
    const error = await failure(client().download(`${origin}/f?sign=SECRET`, options({ guard })));

    expect(error).toMatchObject({ code: "http.status", status: 403 });
    expect(error.message).not.toContain("SECRET");
  });

  it("tries again on 503, as a CDN asks now and then", async () => {
    let requests = 0;
    const { origin } = await serve((_, response) =>
      ++requests < 2 ? response.writeHead(503).end() : response.end("ok"),
    );

    const http = client({ network: { timeoutMs: 300, retries: 2, retryDelayMs: 1 } });
    const file = await http.download(origin, options({ guard: createGuard({ allowOrigins: [origin] }) }));

    expect(await text(file)).toBe("ok");
  });

  it("lets the connection go when the reader stops", async () => {
    let closed = false;
    const { origin } = await serve((_, response) => {
      response.on("close", () => {
        closed = true;
      });
      response.write("x");
    });

    const file = await client().download(origin, options({ guard: createGuard({ allowOrigins: [origin] }) }));
    await file.body.cancel();
    await sleep(50);

    expect(closed).toBe(true);
  });
});

describe("the guard at work", () => {
  it("refuses a literal loopback address without connecting", async () => {
    let requests = 0;
    const { origin } = await serve((_, response) => {
      requests++;
      response.end();
    });

    const error = await failure(client().download(origin, options({})));

    expect(error).toMatchObject({ code: "http.blocked-address", sent: "no" });
    expect(requests).toBe(0);
  });

  it("refuses a name that leads to a private address", async () => {
    const resolve = async () => [{ address: "10.0.0.5", family: 4 as const }];

    const error = await failure(client({ resolve }).download("http://intranet.test/", options({})));

    expect(error).toMatchObject({ code: "http.blocked-address", message: expect.stringContaining("private") });
  });

  it("refuses a name of which one address is public and one is not", async () => {
    const resolve = async () => [
      { address: "93.184.215.14", family: 4 as const },
      { address: "::1", family: 6 as const },
    ];

    const error = await failure(client({ resolve }).download("http://two-faced.test/", options({})));

    expect(error.code).toBe("http.blocked-address");
  });

  it("refuses a redirect from an allowed origin to a private address", async () => {
    const { origin, port } = await serve((_, response) =>
      response.writeHead(302, { location: `http://127.0.0.2:${port}/` }).end(),
    );

    const error = await failure(client().download(origin, options({ guard: createGuard({ allowOrigins: [origin] }) })));

    expect(error.code).toBe("http.blocked-address");
  });

  it("refuses a redirect to another scheme", async () => {
    const { origin } = await serve((_, response) => response.writeHead(302, { location: "file:///etc/passwd" }).end());

    const error = await failure(client().download(origin, options({ guard: createGuard({ allowOrigins: [origin] }) })));

    expect(error.code).toBe("http.blocked-url");
  });

  it("connects to the address it checked, whatever the name says a moment later", async () => {
    let lookups = 0;
    const resolve = async () => {
      lookups++;
      return [{ address: lookups === 1 ? "192.0.78.1" : "127.0.0.1", family: 4 as const }];
    };
    const { port } = await serve((_, response) => response.end("inside"));

    const error = await failure(client({ resolve }).download(`http://rebinding.test:${port}/`, options({})));

    expect(lookups).toBe(1);
    expect(["http.timeout", "http.connect"]).toContain(error.code);
  });

  it("checks again when a later connection resolves the name anew", async () => {
    let lookups = 0;
    const resolve = async () => {
      lookups++;
      return [{ address: lookups === 1 ? "192.0.78.1" : "127.0.0.1", family: 4 as const }];
    };
    const { port } = await serve((_, response) => response.end("inside"));
    const http = client({ resolve });

    await failure(http.download(`http://rebinding.test:${port}/`, options({})));
    const error = await failure(http.download(`http://rebinding.test:${port}/`, options({})));

    expect(error.code).toBe("http.blocked-address");
  });

  it("accepts platform URLs on the platform's domains and configured origins only", async () => {
    const { origin, port } = await serve((_, response) => response.end("ok"));
    const resolve = async () => [{ address: "127.0.0.1", family: 4 as const }];
    const guard = createPlatformGuard({ domains: ["qpic.test"], allowOrigins: [origin] });
    const http = client({ resolve });

    const fromOrigin = await http.download(origin, options({ guard }));
    const fromDomain = await http.download(`http://wework.qpic.test:${port}/`, options({ guard }));
    const error = await failure(http.download(`http://qpic.test.evil.test:${port}/`, options({ guard })));

    expect([await text(fromOrigin), await text(fromDomain)]).toEqual(["ok", "ok"]);
    expect(error.code).toBe("http.blocked-url");
  });
});
