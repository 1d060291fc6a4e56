import { describe, expect, it } from "vitest";
import { client, failure } from "./fixtures/clients.ts";
import { readBody, serve } from "./fixtures/servers.ts";

describe("redirects", () => {
  it("follows within one origin, headers kept", async () => {
    const { origin } = await serve((request, response) => {
      if (request.url === "/old") response.writeHead(302, { location: "/new" }).end();
      else response.end(`${request.url} ${request.headers.authorization}`);
    });

    const response = await client().fetch(`${origin}/old`, { headers: { authorization: "Bearer t" } });

    expect(await response.text()).toBe("/new Bearer t");
    expect([response.redirected, response.url]).toEqual([true, `${origin}/new`]);
  });

  it("takes no credentials to another origin", async () => {
    const other = await serve((request, response) => response.end(JSON.stringify(request.headers)));
    const { origin } = await serve((_, response) => response.writeHead(302, { location: other.origin }).end());

    const response = await client().fetch(origin, {
      headers: { authorization: "Bearer t", cookie: "a=b", "x-api-key": "k", accept: "text/plain" },
    });
    const headers = (await response.json()) as Record<string, string>;

    expect(headers.accept).toBe("text/plain");
    expect(headers).not.toHaveProperty("authorization");
    expect(headers).not.toHaveProperty("cookie");
    expect(headers).not.toHaveProperty("x-api-key");
  });

  it("does not repeat a POST at another origin", async () => {
    const other = await serve((_, response) => response.end());
    const { origin } = await serve((_, response) =>
      response.writeHead(307, { location: `${other.origin}/?t=SECRET` }).end(),
    );

    const error = await failure(client().fetch(origin, { method: "POST", body: "{}" }));

    expect(error).toMatchObject({ code: "http.redirect", sent: "unknown" });
    expect(error.message).not.toContain("SECRET");
  });

  it("turns a POST into a GET on 303", async () => {
    const { origin } = await serve(async (request, response) => {
      if (request.url === "/") response.writeHead(303, { location: "/done" }).end();
      else response.end(`${request.method} ${request.headers["content-type"]} ${await readBody(request)}`);
    });

    const response = await client().fetch(origin, { method: "POST", body: "x" });

    expect(await response.text()).toBe("GET undefined ");
  });

  it("gives up after five", async () => {
    let requests = 0;
    const { origin } = await serve((_, response) => {
      requests++;
      response.writeHead(302, { location: "/again" }).end();
    });

    const error = await failure(client().fetch(origin));

    expect(error.code).toBe("http.redirect");
    expect(requests).toBe(6);
  });

  it("hands the redirect itself over when asked to", async () => {
    const { origin } = await serve((_, response) => response.writeHead(302, { location: "/x" }).end());

    const response = await client().fetch(origin, { redirect: "manual" });

    expect([response.status, response.headers.get("location")]).toEqual([302, "/x"]);
  });
});
