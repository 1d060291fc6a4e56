import { createServer, type ServerResponse } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { startGateway, TOKEN, waitFor } from "./harness.ts";

interface Items<T> {
  readonly items: readonly T[];
}
interface AgentLine {
  readonly name: string;
  readonly state: string;
  readonly reason?: string;
  readonly until?: string;
}

/** An agent's server that does what `answer` says. */
async function startBackend(answer: (response: ServerResponse) => void) {
  let requests = 0;
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      requests += 1;
      answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}/agent`, requests: () => requests };
}
const says = (text: string) => (response: ServerResponse) =>
  void response.writeHead(200, { "content-type": "text/plain" }).end(text);

describe("an agent that fails", () => {
  it("is answered for by its stand-in, rests, and is tried again", async () => {
    let isDown = true;
    const main = await startBackend((response) =>
      isDown ? void response.writeHead(500).end() : says("main again")(response),
    );
    const spare = await startBackend(says("the spare one"));
    const gateway = await startGateway({
      config: {
        agents: {
          main: { type: "http", url: main.url, fallback: ["spare"], breaker: { failures: 2, coolDownMs: 10_000 } },
          spare: { type: "http", url: spare.url },
        },
        defaultAgent: "main",
      },
    });
    const say = async (from: string) => {
      const id = await gateway.customerWrites("hi", from);
      await waitFor(() => gateway.repliesTo(from).length > 0);
      return id;
    };
    const agents = async () => (await gateway.api<Items<AgentLine>>("/api/agents")).items;

    const first = await say("ann");
    await say("ben");
    await say("cleo");

    expect([main.requests(), spare.requests()]).toEqual([2, 3]);
    expect(await agents()).toMatchObject([
      { name: "main", type: "http", state: "resting", fallback: ["spare"], reason: 'agent "main" answered 500' },
      { name: "spare", state: "unwatched" },
    ]);
    const { items } = await gateway.api<Items<{ what: string; detail?: object }>>(`/api/messages/${first}/timeline`);
    expect(items.find(({ what }) => what === "turn answered")?.detail).toMatchObject({
      agent: "spare",
      passedOver: [{ agent: "main", error: { code: "agent.server-failed" } }],
    });
    const { stdout } = await gateway.cli("doctor", "--json");
    expect(JSON.parse(stdout).findings).toContainEqual(
      expect.objectContaining({ check: "agent", result: "wrong", message: expect.stringContaining("spare answers") }),
    );
    const metrics = await metricsOf(gateway.adminUrl);
    expect(metrics).toContain('wxgate_agent_up{agent="main"} 0');
    expect(metrics).toContain('wxgate_agent_passed_over_total{channel="support",agent="main"} 3');

    isDown = false;
    const [resting] = await agents();
    await waitFor(() => Date.now() > Date.parse(resting?.until ?? ""));
    await say("dora");

    expect(gateway.repliesTo("dora")).toEqual(["main again"]);
    expect((await agents())[0]?.state).toBe("ok");
    const told = (message: string) => gateway.log().split(message).length - 1;
    expect([told("the agent failed and rests"), told("the agent answers again")]).toEqual([1, 1]);
  });

  it("is waited for where nobody stands in, and answers then", async () => {
    let isDown = true;
    const main = await startBackend((response) =>
      isDown ? void response.writeHead(500).end() : says("well")(response),
    );
    const gateway = await startGateway({
      config: {
        agents: { main: { type: "http", url: main.url, breaker: { enabled: true, failures: 1, coolDownMs: 2_000 } } },
      },
    });

    await gateway.customerWrites("hi", "ann");
    await waitFor(() => main.requests() > 0);
    await gateway.customerWrites("hi", "ben");
    isDown = false;

    await waitFor(() => gateway.repliesTo("ann").length + gateway.repliesTo("ben").length === 2);
    expect([...gateway.repliesTo("ann"), ...gateway.repliesTo("ben")]).toEqual(["well", "well"]);
  });
});

async function metricsOf(adminUrl: string): Promise<string> {
  const response = await fetch(`${adminUrl}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
  return response.text();
}
