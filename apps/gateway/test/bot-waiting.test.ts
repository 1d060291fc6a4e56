import type { Simulator } from "@wxgate/simulator";
import { describe, expect, it } from "vitest";
import { LONG_BOT as BOT, botChannel, connected, phoneOf, tell, WAITS_TO_BE_TOLD } from "./bots.ts";
import { type GatewayUnderTest, startGateway, waitFor } from "./harness.ts";

const PLACEHOLDER = "⏳ 正在思考…";
const MERGED = "（已合并到后面的回复中）";

/** The agent answers once the test says so, and repeats what it was asked. */
function startBusy(): Promise<GatewayUnderTest> {
  return startGateway({
    files: {
      "agent.mjs": `
        ${WAITS_TO_BE_TOLD}
        export default {
          async *respond(turn, signal) {
            const stopped = new Promise((resolve) => signal.addEventListener("abort", resolve));
            await Promise.race([told(), stopped]);
            signal.throwIfAborted();
            yield { kind: "text-delta", text: turn.messages.map(({ content }) => content[0].text).join(" + ") };
          },
        };`,
    },
    config: (sim: Simulator) => ({
      agents: { own: { type: "module", path: "./agent.mjs" } },
      defaultAgent: "own",
      channels: { helper: botChannel(sim) },
    }),
  });
}

async function withWaiting(...messages: readonly string[]) {
  const gateway = await startBusy();
  await connected(gateway);
  const phone = phoneOf(gateway, BOT, "anna");
  for (const [index, message] of messages.entries()) {
    await gateway.customerWrites(message, "anna", BOT);
    await waitFor(() => phone.answers().length === index + 1);
  }
  return { gateway, phone };
}

describe("a message to a bot that waits behind a running turn", () => {
  it("has its bubble at once, and one end with words: the answer, or that a later one answers it", async () => {
    const { gateway, phone } = await withWaiting("one", "two", "three");
    expect(phone.answers()).toMatchObject(Array(3).fill({ text: PLACEHOLDER, spinning: true }));

    tell(gateway);
    await waitFor(() => phone.finished().length === 3);

    expect(phone.texts()).toEqual(["one", MERGED, "two + three"]);
    expect(phone.answers()).toMatchObject(Array(3).fill({ finishes: 1, spinning: false }));
    expect(gateway.sim.log({ path: "aibot_respond_msg" }).entries.filter(({ errcode }) => errcode !== 0)).toEqual([]);
  });

  it.each(["/stop", "/new"])("has its bubble ended with words by %s", async (command) => {
    const { gateway, phone } = await withWaiting("one", "two", "three");

    await gateway.customerWrites(command, "anna", BOT);
    await waitFor(() => phone.finished().length === 4);

    expect(phone.answers()).toMatchObject(Array(4).fill({ finishes: 1, spinning: false }));
  });

  it("has its bubble ended although the gateway is killed before its turn", async () => {
    const { gateway, phone } = await withWaiting("one", "two", "three");

    await gateway.kill9();
    tell(gateway);
    await gateway.restart();
    await waitFor(() => phone.finished().length === 3, { timeoutMs: 20_000 });

    expect(phone.texts()).toEqual(["one", MERGED, "two + three"]);
    expect(phone.answers()).toMatchObject(Array(3).fill({ finishes: 1, spinning: false }));
  });

  it("has its bubble ended although the connection breaks meanwhile", async () => {
    const { gateway, phone } = await withWaiting("one", "two");

    await gateway.sim.act("wecom-bot-ws", "disconnect", { account: BOT });
    await connected(gateway);
    tell(gateway);
    await waitFor(() => phone.finished().length === 2, { timeoutMs: 20_000 });

    expect(phone.texts()).toEqual(["one", "two"]);
    expect(phone.answers()).toMatchObject(Array(2).fill({ finishes: 1, spinning: false }));
  });
});
