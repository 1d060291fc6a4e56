import { expect, it } from "vitest";
import { botChannel, connected, LONG_BOT, phoneOf } from "./bots.ts";
import { type GatewayUnderTest, startGateway, waitFor } from "./harness.ts";

const MEMBERS = Array.from({ length: 6 }, (_, index) => `storm${index}`);
const KILLS = 5;
/** Its answers are under way for most of the time between two kills. */
const SLOW = `
export default {
  async *respond(turn) {
    const words = turn.messages.map(({ content }) => content[0].text);
    yield { kind: "text-delta", text: "you said " };
    await new Promise((resolve) => setTimeout(resolve, 700));
    yield { kind: "text-delta", text: words.join(" ") };
  },
};`;

/** The platform brings a message over once: what was not stored before a kill is not asked for again. */
async function stored(gateway: GatewayUnderTest): Promise<number> {
  const { items } = await gateway.api<{ items: { id: string }[] }>("/api/conversations?limit=50");
  const pages = await Promise.all(
    items.map(({ id }) =>
      gateway.api<{ items: { direction: string }[] }>(
        `/api/conversations/${encodeURIComponent(id)}/messages?limit=100`,
      ),
    ),
  );
  return pages.flatMap((page) => page.items).filter(({ direction }) => direction === "inbound").length;
}

it("a bot's gateway that is killed at random under load answers all it took once, and no bubble spins", async () => {
  const gateway = await startGateway({
    files: { "agent.mjs": SLOW },
    config: (sim) => ({
      agents: { own: { type: "module", path: "./agent.mjs" } },
      defaultAgent: "own",
      log: { level: "warn" },
      channels: { helper: botChannel(sim) },
    }),
  });
  await connected(gateway);
  const written: string[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    for (const member of MEMBERS) {
      written.push(`<${member}:${kill}>`);
      await gateway.customerWrites(`<${member}:${kill}>`, member, LONG_BOT);
    }
    await waitFor(async () => (await stored(gateway)) === written.length);
    await new Promise((resolve) => setTimeout(resolve, 900 * Math.random()));
    await gateway.kill9();
    await gateway.restart();
    await connected(gateway);
  }

  const shown = () => MEMBERS.flatMap((member) => phoneOf(gateway, LONG_BOT, member).answers());
  const answered = () =>
    shown()
      .filter(({ finished }) => finished)
      .flatMap(({ text }) => text?.match(/<\w+:\d+>/g) ?? []);
  await waitFor(() => new Set(answered()).size === written.length, { timeoutMs: 60_000 });
  await waitFor(() => shown().every(({ spinning }) => spinning === false));

  expect(answered().sort()).toEqual(written.sort());
}, 150_000);
