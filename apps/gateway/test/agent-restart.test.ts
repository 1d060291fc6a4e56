import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type GatewayUnderTest, startGateway, waitFor } from "./harness.ts";

const AWAY_MS = 30_000;

/** Repeats what it is asked, the first half at once and the rest a moment later. */
const AGENT = `import { createServer } from "node:http";

createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  const text = JSON.parse(body).messages.flatMap(({ content }) => content.map((part) => part.text)).join(" ");
  const say = (text) => response.write("data: " + JSON.stringify({ kind: "text-delta", text }) + "\\n\\n");
  response.writeHead(200, { "content-type": "text/event-stream" });
  say("heard ");
  await new Promise((resolve) => setTimeout(resolve, 500));
  say(text);
  response.end();
}).listen(Number(process.argv[2]), "127.0.0.1", () => process.stdout.write("up\\n"));
`;

/** The agent's server as a process of its own, always at the same address. */
async function agentProcess() {
  const reserved = createServer().listen(0, "127.0.0.1");
  await once(reserved, "listening");
  const { port } = reserved.address() as { port: number };
  reserved.close();
  await once(reserved, "close");
  let running: ChildProcess | undefined;
  onTestFinished(() => void running?.kill("SIGKILL"));
  return {
    url: `http://127.0.0.1:${port}/`,
    async start(dir: string) {
      running = spawn(process.execPath, [join(dir, "agent.mjs"), String(port)], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      if (running.stdout !== null) await once(running.stdout, "data");
    },
    async kill9() {
      const ended = running && once(running, "close");
      running?.kill("SIGKILL");
      await ended;
    },
  };
}

const word = (name: string, index: number) => `${name}-${index}`;
const wordsOn = (gateway: GatewayUnderTest, name: string) =>
  gateway.repliesTo(name).flatMap((text) => text.match(/[a-z]+-\d+/g) ?? []);

describe("an agent that is away for half a minute", () => {
  it("loses nothing and answers each message once, also the one it died in", { timeout: 120_000 }, async () => {
    const agent = await agentProcess();
    const gateway = await startGateway({
      config: { agents: { ops: { type: "http", url: agent.url } } },
      files: { "agent.mjs": AGENT },
    });
    await agent.start(gateway.dir);
    await gateway.customerWrites(word("ann", 1), "ann");
    await waitFor(() => wordsOn(gateway, "ann").length === 1);

    await gateway.customerWrites(word("ann", 2), "ann");
    await waitFor(() => gateway.log().match(/"turn started"/g)?.length === 2);
    await agent.kill9();
    const isBackAt = Date.now() + AWAY_MS;
    const people = ["ann", "ben", "cleo", "dora"];
    for (const index of [3, 4, 5]) {
      for (const name of people) await gateway.customerWrites(word(name, index), name);
      await new Promise((resolve) => setTimeout(resolve, AWAY_MS / 10));
    }
    await new Promise((resolve) => setTimeout(resolve, isBackAt - Date.now()));
    expect(people.flatMap((name) => wordsOn(gateway, name))).toEqual([word("ann", 1)]);
    await agent.start(gateway.dir);

    const wanted = people.map((name) => (name === "ann" ? [1, 2, 3, 4, 5] : [3, 4, 5]).map((at) => word(name, at)));
    await waitFor(() => people.every((name) => wordsOn(gateway, name).includes(word(name, 5))), { timeoutMs: 40_000 });
    // The next answer comes after everything that was due before it.
    for (const name of people) await gateway.customerWrites(word(name, 6), name);
    await waitFor(() => people.every((name) => wordsOn(gateway, name).includes(word(name, 6))));
    expect(people.map((name) => wordsOn(gateway, name))).toEqual(
      wanted.map((words, index) => [...words, word(people[index] ?? "", 6)]),
    );
    for (const name of people) {
      expect(gateway.repliesTo(name).every((text) => text.startsWith("heard "))).toBe(true);
    }
    const { items: dead } = await gateway.api<{ items: unknown[] }>("/api/deliveries?state=dead");
    expect(dead).toEqual([]);
  });
});
