import { describe, expect, it } from "vitest";
import { type GatewayUnderTest, startGateway, TOKEN, waitFor } from "./harness.ts";

interface Items<T> {
  readonly items: readonly T[];
}
interface Delivery {
  readonly id: string;
  readonly state: string;
  readonly error?: { readonly code: string };
}

const call = (gateway: GatewayUnderTest, path: string, init: RequestInit = {}) =>
  fetch(`${gateway.adminUrl}${path}`, init);
const asJson = (value: unknown, headers: Record<string, string> = {}) => ({
  method: "POST",
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(value),
});
const withToken = { authorization: `Bearer ${TOKEN}` };

describe("the admin server's door", () => {
  it("is closed without the token, with a problem document and no hint of what is behind", async () => {
    const gateway = await startGateway();

    const paths = ["/api/channels", "/api/nothing", "/metrics", "/api/openapi.json"];
    const answers = await Promise.all(paths.map((path) => call(gateway, path)));
    const wrong = await call(gateway, "/api/channels", { headers: { authorization: "Bearer wrong" } });

    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
    expect(wrong.status).toBe(401);
    expect(wrong.headers.get("content-type")).toMatch(/^application\/problem\+json/);
    expect(await wrong.json()).toMatchObject({ status: 401, code: "not-signed-in", title: "Not signed in" });
  });

  it("opens for a browser that signed in, whose cookie no script and no other site can use", async () => {
    const gateway = await startGateway();

    const refused = await call(gateway, "/api/session", asJson({ token: "wrong" }));
    const signedIn = await call(gateway, "/api/session", asJson({ token: TOKEN }));
    const cookie = signedIn.headers.get("set-cookie") ?? "";
    const headers = { cookie: cookie.split(";")[0] ?? "" };
    const own = await call(gateway, "/api/session", { headers });
    const foreign = await call(gateway, "/api/reload", {
      method: "POST",
      headers: { ...headers, origin: "https://evil.example" },
    });

    expect([refused.status, signedIn.status]).toEqual([401, 204]);
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    expect(await own.json()).toEqual({ actor: "console" });
    expect(foreign.status).toBe(401);
  });

  it("takes calls that say JSON and send nothing, unless something is needed", async () => {
    const gateway = await startGateway();
    const empty = { method: "POST", headers: { ...withToken, "content-type": "application/json" } };

    const reload = await call(gateway, "/api/reload", empty);
    const send = await call(gateway, "/api/messages", empty);

    expect([reload.status, send.status]).toEqual([200, 400]);
    expect(await send.json()).toMatchObject({ status: 400, code: "bad-request" });
  });

  it("says whether it is ready to anybody, under a strict content policy", async () => {
    const gateway = await startGateway();

    const response = await call(gateway, "/readyz");

    expect([response.status, await response.json()]).toEqual([200, { status: "ready" }]);
    expect(response.headers.get("content-security-policy")).toContain("default-src 'self'");
  });
});

describe("the API", () => {
  it("shows channels with their accounts, states and limits", async () => {
    const gateway = await startGateway();

    const channels = await waitFor(async () => {
      const answer = await gateway.api<Items<{ state: string }>>("/api/channels");
      return answer.items[0]?.state === "ok" && answer.items;
    });

    expect(channels).toMatchObject([
      {
        id: "support",
        type: "kf",
        enabled: true,
        agent: "echo",
        paths: ["/webhooks/support"],
        accounts: [
          { account: "wkSimAccount00000000000001", state: "ok", quota: { sendsPerInbound: 5, windowMs: 172_800_000 } },
          { account: "wkSimAccount00000000000002", state: "ok" },
        ],
      },
    ]);
  });

  it("says in its own words what it cannot read", async () => {
    const gateway = await startGateway();
    const post = (type: string, body: string) =>
      call(gateway, "/api/messages", { method: "POST", headers: { ...withToken, "content-type": type }, body });

    const broken = await post("application/json", "{");
    const foreign = await post("text/csv", "a,b");
    const huge = await post("application/json", JSON.stringify("x".repeat(2 * 1024 * 1024)));

    const bodies = await Promise.all([broken, foreign, huge].map((response) => response.json()));
    expect(bodies).toMatchObject([
      { status: 400, code: "bad-request", detail: "the body is not valid JSON" },
      { status: 415, code: "unsupported-media-type", detail: "the body must be application/json" },
      { status: 413, code: "too-large" },
    ]);
  });

  it("sends a message to a known person, and says in words why it cannot", async () => {
    const gateway = await startGateway();
    await gateway.customerWrites("hello");
    await waitFor(() => gateway.repliesTo().length === 1);
    const { items } = await gateway.api<Items<{ peer: string }>>("/api/conversations");
    const target = items[0]?.peer;

    await gateway.api("/api/messages", { method: "POST", body: { channel: "support", target, text: "by hand" } });
    const unknown = await call(gateway, "/api/messages", asJson({ channel: "nope", target, text: "x" }, withToken));
    const wrong = await call(
      gateway,
      "/api/messages",
      asJson({ channel: "support", target, content: [{ kind: "image" }], extra: 1 }, withToken),
    );

    await waitFor(() => gateway.repliesTo().includes("by hand"));
    expect([unknown.status, await unknown.json()]).toMatchObject([404, { detail: 'there is no channel "nope"' }]);
    const problem = (await wrong.json()) as { errors: readonly { path: string }[] };
    expect(wrong.status).toBe(400);
    expect(problem.errors.length).toBeGreaterThan(0);
  });

  it("shows what is dead with its reason, sends it again on demand, and records who asked", async () => {
    const gateway = await startGateway();
    gateway.sim.setFaults([{ name: "qyapi.errcode", target: "kf/send_msg", value: 40008 }]);
    await gateway.customerWrites("hello");
    const dead = await waitFor(async () => {
      const { items } = await gateway.api<Items<Delivery>>("/api/deliveries?state=dead");
      return items[0];
    });
    gateway.sim.clearFaults();

    const retried = await gateway.api<Delivery>(`/api/deliveries/${dead.id}/retry`, { method: "POST" });
    await waitFor(() => gateway.repliesTo().length === 1);
    const again = await call(gateway, `/api/deliveries/${dead.id}/retry`, { method: "POST", headers: withToken });
    const audit = await gateway.api<Items<object>>("/api/audit");

    expect(dead.error?.code).toMatch(/./);
    expect(retried.id).toBe(dead.id);
    expect(again.status).toBe(409);
    expect(audit.items).toMatchObject([
      { action: "delivery.retry", actor: "api", subject: dead.id, detail: { status: 409 } },
      { action: "delivery.retry", actor: "api", subject: dead.id, detail: { status: 200 } },
    ]);
  });

  it("streams what happens, beginning with what happened just now", async () => {
    const gateway = await startGateway();
    await gateway.customerWrites("hello");
    await waitFor(() => gateway.repliesTo().length === 1);
    const stop = new AbortController();
    const response = await call(gateway, "/api/events", { headers: withToken, signal: stop.signal });
    let text = "";
    const reading = (async () => {
      for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString();
    })().catch(() => undefined);

    await waitFor(() => text.includes("event: delivery-sent"));
    const before = text.length;
    await gateway.customerWrites("once more");
    await waitFor(() => text.slice(before).includes("event: delivery-sent"));
    stop.abort();
    await reading;

    expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
  });

  it("describes itself as OpenAPI, every path of it", async () => {
    const gateway = await startGateway();

    const { openapi, paths } = await gateway.api<{ openapi: string; paths: Record<string, object> }>(
      "/api/openapi.json",
    );

    expect(openapi).toMatch(/^3\./);
    expect(Object.keys(paths).sort()).toEqual([
      "/api/agents",
      "/api/audit",
      "/api/channels",
      "/api/channels/{id}/login",
      "/api/channels/{id}/login/code",
      "/api/conversations",
      "/api/conversations/{id}/messages",
      "/api/deliveries",
      "/api/deliveries/{id}/discard",
      "/api/deliveries/{id}/recall",
      "/api/deliveries/{id}/retry",
      "/api/events",
      "/api/logs",
      "/api/media",
      "/api/messages",
      "/api/messages/{id}/timeline",
      "/api/pairing",
      "/api/pairing/people/{channel}/{id}",
      "/api/pairing/{code}/approve",
      "/api/pairing/{code}/reject",
      "/api/permissions",
      "/api/permissions/{code}/approve",
      "/api/permissions/{code}/reject",
      "/api/reload",
      "/api/schedules",
      "/api/schedules/{id}",
      "/api/schedules/{id}/disable",
      "/api/schedules/{id}/enable",
      "/api/schedules/{id}/run",
      "/api/schedules/{id}/runs",
      "/api/session",
      "/api/status",
      "/api/turns/failed",
      "/api/turns/{id}/retry",
    ]);
  });

  it("measures: messages, turns, deliveries, webhooks, accounts", async () => {
    const gateway = await startGateway();
    await gateway.customerWrites("hello");
    await waitFor(() => gateway.repliesTo().length === 1);

    const metrics = await (await call(gateway, "/metrics", { headers: withToken })).text();

    expect(metrics).toContain('wxgate_messages_accepted_total{channel="support"} 1');
    expect(metrics).toMatch(/wxgate_turns_total\{.*outcome="answered"\} 1/);
    expect(metrics).toContain('wxgate_deliveries_total{channel="support",result="sent"} 1');
    expect(metrics).toMatch(/wxgate_webhook_requests_total\{channel="support",status="200"\} [1-9]/);
    expect(metrics).toContain('wxgate_account_up{channel="support",account="wkSimAccount00000000000001"} 1');
  });
});

describe("a file a customer sent", () => {
  it("is read by the agent from a signed address, which nobody can bend to another file", async () => {
    const gateway = await startGateway({
      config: { agents: { reader: { type: "module", path: "./reader.mjs" } }, dispatch: { mediaGraceMs: 0 } },
      files: { "reader.mjs": READER },
    });
    await gateway.sim.send({
      account: "wkSimAccount00000000000001",
      from: "anna",
      content: [{ kind: "image" }] as never,
    });

    await waitFor(() => gateway.repliesTo().length === 1);
    const [status, bytes, announced, url] = JSON.parse(gateway.repliesTo()[0] ?? "[]");
    const bent = await fetch(
      url.replace(/media\/[0-9a-f]/, (start: string) => `${start.slice(0, -1)}${start.endsWith("0") ? "1" : "0"}`),
    );
    const longer = await fetch(url.replace(/until=\d+/, "until=9999999999999"));

    expect([status, bytes]).toEqual([200, announced]);
    expect([bent.status, longer.status]).toEqual([404, 404]);
  });
});

/** Fetches the first file and answers with what it got. */
const READER = `export default {
  async *respond({ messages }) {
    const { media } = messages[0].content[0];
    const response = await fetch(media.url);
    const { byteLength } = await response.arrayBuffer();
    yield { kind: "content", content: { kind: "text", format: "plain", text: JSON.stringify([response.status, byteLength, media.bytes, media.url]) } };
  },
};
`;
