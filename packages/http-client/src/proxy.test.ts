import { describe, expect, it } from "vitest";
import { CERTIFICATE } from "./fixtures/certificate.ts";
import { client as clientWith, failure } from "./fixtures/clients.ts";
import { closedPort, connectProxy, serve, serveTls, socksProxy } from "./fixtures/servers.ts";
import { createGuard, createHttpClient, createPlatformGuard, type HttpClientOptions, HttpError } from "./index.ts";
import { parseNoProxy } from "./no-proxy.ts";
import { createProxySelector, type Env } from "./proxy.ts";

/** Tunnels take a moment longer than plain connections. */
function client(options: HttpClientOptions) {
  return clientWith({ network: { timeoutMs: 1000, retries: 0, retryDelayMs: 1 }, ...options });
}

function chosen(env: Env, egressProxyUrl?: string): string | undefined {
  return createProxySelector({ egressProxyUrl, env })(new URL("https://qyapi.weixin.qq.com/"))?.key;
}

describe("which proxy", () => {
  const all: Env = {
    WXGATE_EGRESS_PROXY_URL: "http://p1:1",
    OPENCLAW_WECOM_EGRESS_PROXY_URL: "http://p2:1",
    WECOM_EGRESS_PROXY_URL: "http://p3:1",
    HTTPS_PROXY: "http://p4:1",
    ALL_PROXY: "http://p5:1",
    HTTP_PROXY: "http://p6:1",
  };

  it("takes the configured one first, then the variables in their order", () => {
    const order: (string | undefined)[] = [chosen(all, "http://p0:1")];
    const left: Record<string, string | undefined> = { ...all };
    for (let key = chosen(left); key !== undefined; key = chosen(left)) {
      order.push(key);
      left[key] = "  ";
    }

    expect(order).toEqual(["egressProxyUrl", ...Object.keys(all)]);
  });

  it.each(["https_proxy", "all_proxy", "http_proxy"])("reads %s too", (key) => {
    expect(chosen({ [key]: "127.0.0.1:7890" })).toBe(key);
  });

  it("goes direct when everything is blank", () => {
    expect(chosen({ HTTPS_PROXY: " ", ALL_PROXY: "" }, "  ")).toBeUndefined();
  });

  it.each([
    "http://localhost:1/",
    "http://127.0.0.1:1/",
    "http://127.9.9.9/",
    "http://[::1]/",
    "http://sim.localhost/",
  ])("never takes %s through a proxy, not even the configured one", (url) => {
    const select = createProxySelector({ egressProxyUrl: "http://proxy:1", env: all });

    expect(select(new URL(url))).toBeUndefined();
  });

  it("obeys NO_PROXY", () => {
    const select = createProxySelector({ env: { ...all, NO_PROXY: ".internal" } });

    expect(select(new URL("https://wecom.internal/"))).toBeUndefined();
    expect(select(new URL("https://example.com/"))).toBeDefined();
  });

  it.each([
    ["ftp://user:hunter2@proxy:1", "scheme"],
    ["http://user:hunter2@proxy:port", "is not a URL"],
    ["http://hunter2%ZZ:x@proxy:1", "percent-encoding"],
  ])("calls %s wrong by its key, without its text", (value, words) => {
    const create = () => createHttpClient({ env: { HTTPS_PROXY: value } });

    expect(create).toThrow(HttpError);
    expect(create).toThrow(words);
    expect(create).toThrow(/^HTTPS_PROXY /);
    expect(create).not.toThrow(/hunter2/);
  });
});

describe("NO_PROXY", () => {
  it.each([
    ["*", "https://anything.example/", true],
    ["example.com", "https://example.com/", true],
    ["example.com", "https://a.example.com/", true],
    [".example.com", "https://example.com/", true],
    ["*.example.com", "https://a.example.com/", true],
    ["example.com", "https://badexample.com/", false],
    ["EXAMPLE.com", "https://Example.COM/", true],
    ["example.com:8443", "https://example.com:8443/", true],
    ["example.com:8443", "https://example.com/", false],
    ["example.com:443", "https://example.com/", true],
    ["10.0.0.7", "http://10.0.0.7/", true],
    ["10.0.0.7:80", "http://10.0.0.7:81/", false],
    ["10.0.0.0/8", "http://10.200.1.1/", true],
    ["10.0.0.0/8", "http://11.0.0.1/", false],
    ["10.0.0.0/99", "http://10.0.0.1/", false],
    ["fd00::/8", "http://[fd00::1]/", true],
    ["::1", "http://[::1]/", true],
    ["[fd00::1]:8080", "http://[fd00::1]:8080/", true],
    ["a.com, b.com  c.com", "https://b.com/", true],
    ["a.com, b.com  c.com", "https://c.com/", true],
    [" , ", "https://a.com/", false],
  ])("%j with %s: %s", (list, url, expected) => {
    expect(parseNoProxy(list)(new URL(url))).toBe(expected);
  });
});

describe("through a CONNECT proxy", () => {
  it("tunnels https end to end, with the user and password of its URL", async () => {
    const { port } = await serveTls((request, response) => response.end(`hello ${request.headers.host}`));
    const proxy = await connectProxy({ to: port });
    const http = client({ egressProxyUrl: `http://wx:g%40te@127.0.0.1:${proxy.port}`, ca: CERTIFICATE });

    const response = await http.fetch("https://files.example.test/a");

    expect(await response.text()).toBe("hello files.example.test");
    const authorization = `Basic ${Buffer.from("wx:g@te").toString("base64")}`;
    expect(proxy.asked).toEqual([{ target: "files.example.test:443", authorization }]);
  });

  it("tunnels plain http as well", async () => {
    const { port } = await serve((request, response) => response.end(request.url));
    const proxy = await connectProxy({ to: port });

    const response = await client({ env: { HTTP_PROXY: `http://127.0.0.1:${proxy.port}` } }).fetch(
      "http://api.example.test/x",
    );

    expect(await response.text()).toBe("/x");
    expect(proxy.asked.map(({ target }) => target)).toEqual(["api.example.test:80"]);
  });

  it("still checks the certificate of the far end", async () => {
    const { port } = await serveTls((_, response) => response.end());
    const proxy = await connectProxy({ to: port });

    const error = await failure(
      client({ egressProxyUrl: `http://127.0.0.1:${proxy.port}` }).fetch("https://files.example.test/"),
    );

    expect(error).toMatchObject({ code: "http.tls", sent: "no" });
  });

  it("asks for the checked address, not for the name, when the guard looks at it", async () => {
    const { port } = await serveTls((_, response) => response.end("ok"));
    const proxy = await connectProxy({ to: port });
    const resolve = async () => [{ address: "93.184.215.14", family: 4 as const }];
    const http = client({ egressProxyUrl: `http://127.0.0.1:${proxy.port}`, ca: CERTIFICATE, resolve });

    const { signal } = new AbortController();
    const file = await http.download("https://files.example.test/", { signal, maxBytes: 10, guard: createGuard() });

    expect(await new Response(file.body).text()).toBe("ok");
    expect(proxy.asked.map(({ target }) => target)).toEqual(["93.184.215.14:443"]);
  });

  it("does not ask the proxy for a name that leads inside", async () => {
    const proxy = await connectProxy({ refuseWith: 500 });
    const resolve = async () => [{ address: "169.254.169.254", family: 4 as const }];
    const http = client({ egressProxyUrl: `http://127.0.0.1:${proxy.port}`, resolve });

    const { signal } = new AbortController();
    const error = await failure(http.download("http://meta.test/", { signal, maxBytes: 10, guard: createGuard() }));

    expect(error.code).toBe("http.blocked-address");
    expect(proxy.asked).toEqual([]);
  });

  it("leaves the platform's own names to the proxy, which may be the only one to know them", async () => {
    const { port } = await serve((_, response) => response.end("ok"));
    const proxy = await connectProxy({ to: port });
    const http = client({ egressProxyUrl: `http://127.0.0.1:${proxy.port}` });

    const guard = createPlatformGuard({ domains: ["qpic.test"] });
    const file = await http.download("http://w.qpic.test/", {
      signal: new AbortController().signal,
      maxBytes: 10,
      guard,
    });

    expect(await new Response(file.body).text()).toBe("ok");
    expect(proxy.asked.map(({ target }) => target)).toEqual(["w.qpic.test:80"]);
  });

  it.each([
    [407, "user name and password"],
    [403, "refused a tunnel to api.example.test:80"],
  ])("says what the proxy answered: %i", async (refuseWith, words) => {
    const proxy = await connectProxy({ refuseWith });
    const http = client({ env: { ALL_PROXY: `http://wx:hunter2@127.0.0.1:${proxy.port}` } });

    const error = await failure(http.fetch("http://api.example.test/?t=SECRET", { method: "POST", body: "x" }));

    expect(error).toMatchObject({ code: "http.proxy", sent: "no" });
    expect(error.message).toContain(words);
    expect(error.message).toContain("ALL_PROXY");
    expect(error.message).not.toMatch(/hunter2|SECRET/);
  });

  it("says that the proxy is not there", async () => {
    const http = client({ egressProxyUrl: `http://127.0.0.1:${await closedPort()}` });

    const error = await failure(http.fetch("https://api.example.test/"));

    expect(error).toMatchObject({ code: "http.proxy", sent: "no", message: expect.stringContaining("ECONNREFUSED") });
  });

  it("does not wait for ever for a proxy that says nothing", async () => {
    const silent = await serve(() => undefined);
    const http = client({ network: { timeoutMs: 200, retries: 0 }, egressProxyUrl: silent.origin });

    const error = await failure(http.fetch("https://api.example.test/"));

    expect(error.code).toBe("http.proxy");
  });
});

describe("through a SOCKS 5 proxy", () => {
  it("sends the name and gets through", async () => {
    const { port } = await serve((_, response) => response.end("ok"));
    const proxy = await socksProxy({ to: port });

    const response = await client({ env: { all_proxy: `socks5://127.0.0.1:${proxy.port}` } }).fetch(
      "http://api.example.test:8080/",
    );

    expect(await response.text()).toBe("ok");
    expect(proxy.asked).toEqual(["api.example.test:8080"]);
  });

  it("signs in with user and password", async () => {
    const { port } = await serveTls((_, response) => response.end("ok"));
    const proxy = await socksProxy({ to: port, auth: true });
    const http = client({ egressProxyUrl: `socks5h://wx:gate@127.0.0.1:${proxy.port}`, ca: CERTIFICATE });

    const response = await http.fetch("https://files.example.test/");

    expect(await response.text()).toBe("ok");
  });

  it.each([
    ["socks5://wx:wrong@127.0.0.1", "refused the user name or password", true, 0],
    ["socks5://127.0.0.1", "wants a user name and password", true, 0],
    ["socks5://127.0.0.1", "connection refused", false, 5],
  ])("says why not: %s, %s", async (url, words, auth, reply) => {
    const proxy = await socksProxy({ to: 1, auth, reply });

    const error = await failure(client({ egressProxyUrl: `${url}:${proxy.port}` }).fetch("http://api.example.test/"));

    expect(error).toMatchObject({ code: "http.proxy", sent: "no" });
    expect(error.message).toContain(words);
  });
});
