import { type Agent, type Permission, TransientError, type Turn } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { said, startGateway } from "./test-support/gateway.ts";

/** Asks the operator for each action, one after the other, and says what was decided. */
function asker(actions: readonly string[] = ["rm -rf build"], more: Partial<Permission> = {}) {
  const turns: Turn[] = [];
  const agent: Agent = {
    async *respond(turn, signal) {
      turns.push(turn);
      for (const action of actions) {
        let decide: (granted: boolean) => void = () => {};
        const decided = new Promise<boolean>((resolve, reject) => {
          decide = resolve;
          signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        });
        yield { kind: "permission", permission: { action, ...more, decide: (granted) => decide(granted) } };
        yield { kind: "text-delta", text: `${action}: ${await decided}.` };
      }
    },
  };
  return { agent, turns };
}
type Gateway = Awaited<ReturnType<typeof startGateway>>;

async function waiting(gateway: Gateway, count = 1) {
  await expect.poll(async () => (await gateway.dispatcher.permissions.requests()).length).toBe(count);
  return gateway.dispatcher.permissions.requests();
}

describe("a permission that only the operator may give", () => {
  it.each([true, false])("is decided on by its code: %s", async (granted) => {
    const gateway = await startGateway(asker().agent);
    await gateway.receive(said("clean up", { peer: "ann" }));
    const [request] = await waiting(gateway);

    const decided = await gateway.dispatcher.permissions.decide(request!.code.toLowerCase(), granted);

    expect(request).toMatchObject({ agent: "main", action: "rm -rf build", sender: { id: "ann" } });
    expect(decided?.code).toBe(request?.code);
    await expect.poll(gateway.texts).toEqual([`rm -rf build: ${granted}.`]);
    expect(await gateway.dispatcher.permissions.requests()).toEqual([]);
    expect(await gateway.dispatcher.permissions.decide(request!.code, true)).toBeUndefined();
  });

  it("shows how a long action ends, and how much of it is not shown", async () => {
    const gateway = await startGateway(asker([`echo ${"x".repeat(5_000)} && rm -rf /`]).agent);
    await gateway.receive(said("clean up"));

    const [request] = await waiting(gateway);

    expect(request?.action).toMatch(/^echo x+\n… 3017 字未显示 characters not shown …\nx+ && rm -rf \/$/);
  });

  it("is told to the operator, and not to the person", async () => {
    const gateway = await startGateway(asker().agent);
    await gateway.receive(said("clean up"));
    await waiting(gateway);

    expect(gateway.observations).toContainEqual(
      expect.objectContaining({ kind: "permission-requested", channel: "support", agent: "main" }),
    );
    expect(gateway.texts()).toEqual([]);
  });

  it("is refused when nobody decides in time, which does not count as the turn's own", async () => {
    const gateway = await startGateway(asker(["rm -rf build"], { timeoutMs: 60_000 }).agent, {
      dispatch: { turnTimeoutMs: 5_000 },
    });
    await gateway.receive(said("clean up"));
    await waiting(gateway);
    gateway.clock.advance(50_000);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(gateway.texts()).toEqual([]);

    gateway.clock.advance(10_001);

    await expect.poll(gateway.texts).toEqual(["rm -rf build: false."]);
    expect(await gateway.dispatcher.permissions.requests()).toEqual([]);
  });

  it("is one request each, also for the same action again", async () => {
    const gateway = await startGateway(asker(["rm -rf build", "rm -rf build"]).agent);
    await gateway.receive(said("clean up"));
    const [first] = await waiting(gateway);
    await gateway.dispatcher.permissions.decide(first!.code, true);
    await expect
      .poll(async () => (await gateway.dispatcher.permissions.requests())[0]?.code ?? first!.code)
      .not.toBe(first!.code);

    const [second] = await gateway.dispatcher.permissions.requests();
    await gateway.dispatcher.permissions.decide(second!.code, false);

    await expect.poll(gateway.texts).toEqual(["rm -rf build: true.rm -rf build: false."]);
  });

  it("is asked again in the next turn, word by word the same", async () => {
    const gateway = await startGateway(asker().agent);
    await gateway.receive(said("clean up"));
    const [first] = await waiting(gateway);
    await gateway.dispatcher.permissions.decide(first!.code, true);
    await expect.poll(gateway.texts).toEqual(["rm -rf build: true."]);

    await gateway.receive(said("clean up"));

    const [second] = await waiting(gateway);
    expect(second).toMatchObject({ action: first!.action, agent: first!.agent });
    expect(second!.code).not.toBe(first!.code);
    expect(gateway.texts()).toHaveLength(1);
  });

  /** The turn was granted a permission, and the gateway stopped before it used it. */
  async function grantedBeforeRestart(agent: Agent) {
    const gateway = await startGateway(agent);
    await gateway.receive(said("clean up"));
    const [request] = await waiting(gateway);
    await gateway.stop();
    await gateway.dispatcher.permissions.decide(request!.code, true);
    return { store: gateway.store, request: request! };
  }

  it("is asked again when the repeated turn wants something else in the same words", async () => {
    const { store, request } = await grantedBeforeRestart(asker(["edit notes"], { fingerprint: "one" }).agent);

    const second = await startGateway(asker(["edit notes"], { fingerprint: "two" }).agent, { store });

    const [asked] = await waiting(second);
    expect(asked!.code).not.toBe(request.code);
    expect(second.texts()).toEqual([]);
  });

  it("is still asked after a restart, and what was decided meanwhile holds", async () => {
    const { agent, turns } = asker();
    const { store } = await grantedBeforeRestart(agent);

    const second = await startGateway(agent, { store });

    await expect.poll(second.texts).toEqual(["rm -rf build: true."]);
    expect(turns).toHaveLength(2);
  });

  it("is given to no other agent that stands in for the one that asked", async () => {
    const failing: Agent = {
      async *respond(turn, signal) {
        for await (const event of asker().agent.respond(turn, signal)) if (event.kind === "permission") yield event;
        throw new TransientError("broke down", { code: "agent.broken-off" });
      },
    };
    const agents = new Map([
      ["main", failing],
      ["spare", asker().agent],
    ]);
    const fallbacks = new Map([["main", ["spare"]]]);
    const gateway = await startGateway(failing, { dispatch: { agents, fallbacks } });
    await gateway.receive(said("clean up"));
    const [first] = await waiting(gateway);
    await gateway.dispatcher.permissions.decide(first!.code, true);

    await expect
      .poll(async () => (await gateway.dispatcher.permissions.requests()).map(({ agent }) => agent))
      .toEqual(["spare"]);

    expect(gateway.texts()).toEqual([]);
  });

  it("is taken back when the person stops the turn", async () => {
    const gateway = await startGateway(asker().agent);
    await gateway.receive(said("clean up"));
    const [request] = await waiting(gateway);

    await gateway.receive(said("/stop"));

    await waiting(gateway, 0);
    expect(await gateway.dispatcher.permissions.decide(request!.code, true)).toBeUndefined();
  });

  it("keeps no place at work from others", async () => {
    const gateway = await startGateway(asker().agent, { dispatch: { concurrency: 1 } });

    for (const peer of ["ann", "bea", "cid"]) await gateway.receive(said("clean up", { peer }));

    await waiting(gateway, 3);
  });
});
