import type { Simulator } from "@wxgate/simulator";
import { createAgentApi } from "@wxgate/wecom-agent-xml/api";
import { describe, expect, it } from "vitest";
import { APP, appChannel } from "./bots.ts";
import { type GatewayUnderTest, type Json, startGateway, waitFor } from "./harness.ts";

const silent = { child: () => silent, debug() {}, info() {}, warn() {}, error() {} };

/** The app's own calls, as a program of the enterprise makes them. */
function programOf(sim: Simulator) {
  const { corpId, secret } = appChannel(sim) as { corpId: string; secret: string };
  return createAgentApi({
    corpId,
    secret,
    agentId: Number(APP),
    apiBaseUrl: sim.url,
    fetch,
    clock: { now: () => Date.now(), sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) },
    random: { bytes: (count) => crypto.getRandomValues(new Uint8Array(count)), fraction: () => 0.5 },
    log: silent,
  });
}

async function startApp(channel: Json = {}): Promise<GatewayUnderTest> {
  return startGateway({ config: (sim) => ({ channels: { app: appChannel(sim, channel) } }) });
}

const shown = ({ sim }: GatewayUnderTest, group: string, user = "lisi") =>
  sim.screen({ account: APP, user, group }).items;

describe("group chats of an app", () => {
  it("are made and changed by the app's calls, and written to from the command line", async () => {
    const gateway = await startApp();
    const program = programOf(gateway.sim);
    const chat = await program.createChat({ name: "Team", members: ["zhangsan", "lisi"] });
    await program.updateChat(chat, { name: "The team" });

    const sent = await gateway.cli("send", "app", `group:${chat}`, "hello all");

    expect(sent.code).toBe(0);
    await waitFor(() => shown(gateway, chat).length === 1);
    expect(shown(gateway, chat)).toMatchObject([{ text: "hello all", state: "shown" }]);
    expect(await program.getChat(chat)).toMatchObject({ name: "The team", members: ["zhangsan", "lisi"] });
  });

  it("get no more messages than the limits allow: the rest waits, and nothing is dropped", async () => {
    const gateway = await startApp({ groupLimits: { perMinute: 2 } });
    const chat = await programOf(gateway.sim).createChat({ members: ["zhangsan", "lisi"] });

    for (const text of ["one", "two", "three"]) await gateway.cli("send", "app", `group:${chat}`, text);

    await waitFor(() => shown(gateway, chat).length === 2);
    const waiting = await waitFor(async () => {
      const { items } = await gateway.api<{ items: Json[] }>("/api/deliveries?state=queued");
      return items.find(({ error }) => error !== undefined);
    });
    expect(waiting).toMatchObject({ error: { code: "wecom.group-paced" } });
    expect(shown(gateway, chat).map(({ text, state }) => [text, state])).toEqual([
      ["one", "shown"],
      ["two", "shown"],
    ]);
  });

  it("of another program are dead with the reason", async () => {
    const gateway = await startApp();

    await gateway.cli("send", "app", "group:NoSuchChat", "hello");

    const dead = await waitFor(async () => {
      const { items } = await gateway.api<{ items: Json[] }>("/api/deliveries?state=dead");
      return items[0];
    });
    expect(dead).toMatchObject({ error: { platformCode: 86003, hint: expect.any(String) } });
  });
});
