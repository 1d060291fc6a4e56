import { createServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { startSimulator } from "@wxgate/simulator";
import { describe, expect, it, onTestFinished } from "vitest";
import { botChannel, connected, LONG_BOT } from "./bots.ts";
import { type Cut, startWay } from "./cut-connections.ts";
import { ACCOUNT, type GatewayUnderTest, kfChannel, startGateway, waitFor } from "./harness.ts";

const PEOPLE = ["0", "1", "2", "3"];
/** Longer than anybody waits for an answer here. */
const CUT_MS = 3_000;
const LIMITS = { timeoutMs: 1_500 };

const wordsIn = (texts: readonly string[]) => texts.flatMap((text) => text.match(/<\d:\d+>/g) ?? []);

/** Repeats what it is asked. */
async function startAgentServer(): Promise<number> {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { messages } = JSON.parse(body) as { messages: { content: { text: string }[] }[] };
    response.setHeader("content-type", "text/plain");
    response.end(`heard ${messages.map(({ content }) => content[0]?.text).join(" ")}`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}

async function storedOf(gateway: GatewayUnderTest, channel: string): Promise<readonly string[]> {
  type Page<T> = { readonly items: readonly T[] };
  const { items } = await gateway.api<Page<{ id: string }>>(`/api/conversations?channel=${channel}`);
  const stored = items.map(async ({ id }) => {
    const path = `/api/conversations/${encodeURIComponent(id)}/messages?limit=100`;
    const page = await gateway.api<Page<{ direction: string; content: { text?: string }[] }>>(path);
    return page.items.filter(({ direction }) => direction === "inbound").map(({ content }) => content[0]?.text ?? "");
  });
  return (await Promise.all(stored)).flat().sort();
}

function answeredOn(gateway: GatewayUnderTest, account: string): readonly string[] {
  const shown = PEOPLE.flatMap((user) => gateway.sim.screen({ account, user }).items);
  return wordsIn(shown.filter(({ direction }) => direction === "outbound").map(({ text = "" }) => text)).sort();
}

describe("a network that is cut", () => {
  it("costs no message that the platform hands out, and has none answered twice", { timeout: 150_000 }, async () => {
    const sim = await startSimulator();
    onTestFinished(() => sim.close());
    const platform = await startWay(Number(new URL(sim.url).port));
    const agent = await startWay(await startAgentServer());
    const gateway = await startGateway({
      sim,
      config: {
        agents: { ops: { type: "http", url: `http://127.0.0.1:${agent.port}/`, ...LIMITS, idleTimeoutMs: 1_500 } },
        channels: {
          support: kfChannel(sim, { apiBaseUrl: `http://127.0.0.1:${platform.port}`, network: LIMITS }),
          bot: botChannel(sim, { url: `ws://127.0.0.1:${platform.port}/bot/ws`, network: LIMITS }),
        },
      },
    });
    const written: string[] = [];
    const everybodyWrites = async () => {
      await connected(gateway);
      const round = written.length / PEOPLE.length + 1;
      for (const person of PEOPLE) {
        const word = `<${person}:${round}>`;
        written.push(word);
        for (const account of [ACCOUNT, LONG_BOT]) await gateway.customerWrites(word, person, account);
      }
    };

    const cuts: readonly [typeof platform, Cut][] = [
      [platform, "dropped"],
      [agent, "stalled"],
      [platform, "stalled"],
      [agent, "dropped"],
    ];
    for (const [way, how] of cuts) {
      await everybodyWrites();
      const writing = everybodyWrites();
      way.cut(how);
      await writing;
      await pause(CUT_MS);
      way.mend();
    }
    await everybodyWrites();

    written.sort();
    await waitFor(() => answeredOn(gateway, ACCOUNT).length >= written.length, { timeoutMs: 60_000 });
    await waitFor(async () => answeredOn(gateway, LONG_BOT).length >= (await storedOf(gateway, "bot")).length);
    expect(await storedOf(gateway, "support")).toEqual(written);
    expect(answeredOn(gateway, ACCOUNT)).toEqual(written);
    // The platform does not repeat to a bot what it could not hand out.
    const heard = await storedOf(gateway, "bot");
    expect(heard.length).toBeGreaterThan(PEOPLE.length);
    expect(answeredOn(gateway, LONG_BOT)).toEqual(heard);
  });
});
