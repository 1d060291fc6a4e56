import { once } from "node:events";
import { createServer, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { type GatewayUnderTest, startGateway, waitFor } from "./harness.ts";

const SIGNED = "msg_signature=0&timestamp=1&nonce=2";
const HOOK = "/webhooks/support";

interface Case {
  readonly what: string;
  readonly method?: string;
  readonly path: string;
  readonly body?: string;
  readonly status: number;
}

const xml = (encrypt: string) => `<xml><ToUserName>ww1</ToUserName><Encrypt>${encrypt}</Encrypt></xml>`;

/** Later channels add their lines. */
const CASES: readonly Case[] = [
  { what: "an unknown path", path: "/nothing", status: 404 },
  { what: "the admin API on the public port", path: "/api/channels", status: 404 },
  { what: "metrics on the public port", path: "/metrics", status: 404 },
  { what: "a path one character too long", path: `${HOOK}s`, status: 404 },
  { what: "a broken percent-encoding in the path", path: "/webhooks/%zz", status: 400 },
  { what: "a broken percent-encoding in the query", path: `${HOOK}?msg_signature=%zz`, status: 400 },
  { what: "a method that is not supported", method: "DELETE", path: HOOK, status: 405 },
  { what: "a method on the health check", method: "POST", path: "/healthz", status: 405 },
  { what: "no parameters", method: "POST", path: HOOK, body: xml("AAAA"), status: 400 },
  {
    what: "a doubled parameter",
    method: "POST",
    path: `${HOOK}?${SIGNED}&nonce=3`,
    body: xml("AAAA"),
    status: 400,
  },
  {
    what: "a parameter doubled under an encoded name",
    method: "POST",
    path: `${HOOK}?${SIGNED}&non%63e=3`,
    body: xml("AAAA"),
    status: 400,
  },
  { what: "a check without echostr", path: `${HOOK}?${SIGNED}`, status: 400 },
  { what: "a check with a wrong signature", path: `${HOOK}?${SIGNED}&echostr=AAAA`, status: 401 },
  { what: "a wrong signature", method: "POST", path: `${HOOK}?${SIGNED}`, body: xml("AAAA"), status: 401 },
  { what: "an empty body", method: "POST", path: `${HOOK}?${SIGNED}`, body: "", status: 400 },
  { what: "a body that is no XML", method: "POST", path: `${HOOK}?${SIGNED}`, body: "hello", status: 400 },
  { what: "a truncated body", method: "POST", path: `${HOOK}?${SIGNED}`, body: xml("A").slice(0, -9), status: 400 },
  {
    what: "a document type with entities",
    method: "POST",
    path: `${HOOK}?${SIGNED}`,
    body: `<!DOCTYPE x [<!ENTITY a "b">]>${xml("&a;")}`,
    status: 400,
  },
  {
    what: "a body over the channel's limit",
    method: "POST",
    path: `${HOOK}?${SIGNED}`,
    body: xml("A".repeat(70_000)),
    status: 413,
  },
  {
    what: "a body over the server's limit",
    method: "POST",
    path: `${HOOK}?${SIGNED}`,
    body: "A".repeat(1_100_000),
    status: 413,
  },
  {
    what: "a body far over the server's limit, whose sender still writes",
    method: "POST",
    path: `${HOOK}?${SIGNED}`,
    body: "A".repeat(6_000_000),
    status: 413,
  },
];

describe("the public server", () => {
  it("answers every kind of bad input clearly, dispatches nothing and goes on", async () => {
    const gateway = await startGateway();

    const answers = [];
    for (const { what, method, path, body } of CASES) answers.push([what, await statusOf(gateway, method, path, body)]);

    expect(answers).toEqual(CASES.map(({ what, status }) => [what, status]));
    expect(await gateway.api("/api/status")).toMatchObject({ waitingMessages: 0, runningTurns: 0 });
    await gateway.customerWrites("still well?");
    await waitFor(() => gateway.repliesTo().length === 1);
  });

  it("waits no longer for the rest of a callback than the platform would for its answer", async () => {
    const gateway = await startGateway();
    const { hostname, port } = new URL(gateway.publicUrl);
    const startedAt = Date.now();
    const socket = connect(Number(port), hostname);
    onTestFinished(() => void socket.destroy());
    socket.write(`POST ${HOOK}?${SIGNED} HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n<xml>`);

    const [answer] = (await once(socket, "data")) as [Buffer];

    expect(answer.toString()).toMatch(/^HTTP\/1.1 408 /);
    expect(Date.now() - startedAt).toBeLessThan(5_000);
  });

  it("answers health checks", async () => {
    const gateway = await startGateway();

    const response = await fetch(`${gateway.publicUrl}/healthz`);

    expect([response.status, await response.json()]).toEqual([200, { status: "ok" }]);
  });
});

describe("an agent that refuses", () => {
  it("ends in words for the customer and in the log, not in silence", async () => {
    const server = createServer((_request, response) => response.writeHead(400).end("no"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const gateway = await startGateway({
      config: {
        agents: { bad: { type: "http", url: `http://127.0.0.1:${port}/` } },
        dispatch: { notices: { failed: "sorry" } },
      },
    });

    await gateway.customerWrites("hello");

    await waitFor(() => gateway.repliesTo().length === 1);
    expect(gateway.repliesTo()).toEqual(["sorry"]);
    expect(gateway.log()).toContain('"outcome":"failed"');
  });
});

/** Without `fetch`, which mends addresses before it sends them. */
function statusOf(gateway: GatewayUnderTest, method = "GET", path: string, body?: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(gateway.publicUrl);
    const call = request({ hostname, port, method, path }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    call.on("error", reject);
    call.end(body);
  });
}
