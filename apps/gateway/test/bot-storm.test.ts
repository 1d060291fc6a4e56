import type { Simulator } from "@wxgate/simulator";
import { expect, it } from "vitest";
import { botChannel, connected, HOOK_BOT, hookChannel, LONG_BOT, phoneOf, saved } from "./bots.ts";
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

const ON_ITS_CONNECTION = {
  bot: LONG_BOT,
  channel: (sim: Simulator) => ({ helper: botChannel(sim) }),
  ready: connected,
};
const ON_CALLBACKS = {
  bot: HOOK_BOT,
  channel: (sim: Simulator) => ({ hook: hookChannel(sim, { refreshPatienceSeconds: 5 }) }),
  ready: saved,
};

it.each([
  ["on its long connection", ON_ITS_CONNECTION],
  ["on callbacks", ON_CALLBACKS],
])(
  "a bot %s, whose gateway is killed at random under load, answers all it took once, and no bubble spins",
  async (_how, { bot, channel, ready }) => {
    const gateway = await startGateway({
      files: { "agent.mjs": SLOW },
      config: (sim) => ({
        agents: { own: { type: "module", path: "./agent.mjs" } },
        defaultAgent: "own",
        log: { level: "warn" },
        channels: channel(sim),
      }),
    });
    await ready(gateway);
    const written: string[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      for (const member of MEMBERS) {
        written.push(`<${member}:${kill}>`);
        await gateway.customerWrites(`<${member}:${kill}>`, member, bot);
      }
      await waitFor(async () => (await stored(gateway)) === written.length);
      await new Promise((resolve) => setTimeout(resolve, 900 * Math.random()));
      await gateway.kill9();
      await gateway.restart();
      await ready(gateway);
    }

    const shown = () => MEMBERS.flatMap((member) => phoneOf(gateway, bot, member).answers());
    const answered = (by?: string) =>
      shown()
        .filter((item) => item.spinning !== true && item.by === (by ?? item.by))
        .flatMap(({ text }) => text?.match(/<\w+:\d+>/g) ?? []);
    await waitFor(() => new Set(answered()).size === written.length, { timeoutMs: 60_000 });
    await waitFor(() => shown().every(({ spinning }) => spinning !== true));

    expect([...new Set(answered())].sort()).toEqual(written.sort());
    // Of a callback's response that left in the moment of a kill nobody knows: such an answer is said again by response_url.
    const again = answered("response_url");
    expect(new Set(again).size).toBe(again.length);
    expect(answered().length - new Set(answered()).size).toBe(
      again.filter((one) => answered("reply").includes(one)).length,
    );
    for (const { text, finishes = 1 } of shown()) expect([Boolean(text?.trim()), finishes]).toEqual([true, 1]);
  },
  150_000,
);
