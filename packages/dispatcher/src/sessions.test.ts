import type { Agent, InboundMessage, Turn } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { type PlatformOptions, said, startGateway } from "./test-support/gateway.ts";

/** An agent without memory; what it was handed is in `turns`. */
async function start(options: PlatformOptions = {}) {
  const turns: Turn[] = [];
  const agent: Agent = {
    capabilities: { history: false },
    async *respond(turn) {
      turns.push(turn);
      yield { kind: "text-delta", text: "noted" };
    },
  };
  const gateway = await startGateway(agent, options);
  return {
    ...gateway,
    turns,
    /** Says it, waits for the answer, and gives what the agent knew of before. */
    async asks(message: InboundMessage): Promise<readonly string[]> {
      const before = gateway.texts().length;
      await gateway.receive(message);
      await expect.poll(() => gateway.texts().length).toBe(before + 1);
      return (turns.at(-1)?.history ?? []).map(({ role, text, sender }) =>
        role === "user" ? `${sender?.id}: ${text}` : text,
      );
    },
  };
}
const inGroup = (text: string, person: string, group = "wr1") =>
  said(text, {
    from: { channel: "support", account: "wk1", kind: "group", peer: group },
    sender: { id: person, name: `Name of ${person}` },
  });

describe("an agent without memory", () => {
  it("is told what this person said before, and never what another one did", async () => {
    const { asks } = await start();

    await asks(said("my name is Bob"));
    await asks(said("a secret", { peer: "wmEve" }));

    expect(await asks(said("who am I?"))).toEqual(["wmBob: my name is Bob", "noted"]);
    expect(await asks(said("and I?", { peer: "wmEve" }))).toEqual(["wmEve: a secret", "noted"]);
    expect(await asks(said("hello", { peer: "wmNew" }))).toEqual([]);
  });

  it("is told who speaks in a group, whose memory is the group's", async () => {
    const { asks, turns } = await start();

    await asks(inGroup("one", "bob"));

    expect(await asks(inGroup("two", "eve"))).toEqual(["bob: one", "noted"]);
    expect(turns.at(-1)?.sender).toEqual({ id: "eve", name: "Name of eve" });
    expect(turns.at(-1)?.history[0]?.sender).toEqual({ id: "bob", name: "Name of bob" });
    expect(await asks(inGroup("three", "bob", "wr2"))).toEqual([]);
    expect(await asks(said("four", { peer: "bob" }))).toEqual([]);
  });

  it("remembers each member of a group apart with session: sender", async () => {
    const { asks } = await start({ settings: { session: "sender" } });

    await asks(inGroup("one", "bob"));
    await asks(inGroup("two", "eve"));
    // The names of lanes must not run into each other, whatever ids are made of.
    await asks(inGroup("three", "bob", "wr1#eve"));
    await asks(inGroup("four", "eve|bob"));

    expect(await asks(inGroup("five", "bob"))).toEqual(["bob: one", "noted"]);
    expect(await asks(inGroup("six", "eve"))).toEqual(["eve: two", "noted"]);
    expect(await asks(inGroup("seven", "eve", "wr1|eve"))).toEqual([]);
  });

  it("remembers the whole channel together with session: channel", async () => {
    const { asks } = await start({ settings: { session: "channel" } });

    await asks(said("one"));

    expect(await asks(said("two", { peer: "wmEve" }))).toEqual(["wmBob: one", "noted"]);
  });

  it("knows nothing after /new", async () => {
    const { asks, receive, texts } = await start();
    await asks(said("one"));

    await receive(said("/new"));
    await expect.poll(() => texts().length).toBe(2);

    expect(await asks(said("two"))).toEqual([]);
  });
});

describe("a session that resets by itself", () => {
  it("ends after its idle time, with the first question after it in the new one", async () => {
    const { asks, clock } = await start({ settings: { sessionReset: { idleMinutes: 30 } } });

    await asks(said("one"));
    clock.advance(29 * 60_000);
    expect(await asks(said("two"))).toHaveLength(2);
    clock.advance(31 * 60_000);
    expect(await asks(said("three"))).toEqual([]);

    expect(await asks(said("four"))).toEqual(["wmBob: three", "noted"]);
  });

  it("ends once a day", async () => {
    const { asks, clock } = await start({
      settings: { sessionReset: { dailyAt: "04:00", timeZone: "Asia/Shanghai" } },
    });

    await asks(said("one"));
    clock.advance(24 * 3_600_000);

    expect(await asks(said("two"))).toEqual([]);
    expect(await asks(said("three"))).toEqual(["wmBob: two", "noted"]);
  });
});

describe("dynamic agents", () => {
  const dynamicAgents = { enabled: true, dmCreateAgent: true, groupEnabled: true, adminUsers: ["root"] };

  it("give each person an instance with its own memory, even where the channel shares one", async () => {
    const { asks, turns } = await start({ settings: { dynamicAgents, session: "channel" } });

    await asks(said("one"));
    const second = await asks(said("two", { peer: "wmEve" }));

    expect(second).toEqual([]);
    expect(turns.map(({ instance }) => instance)).toEqual([
      "main.support.direct.wk1.wm_42ob",
      "main.support.direct.wk1.wm_45ve",
    ]);
    expect(new Set(turns.map(({ session }) => session)).size).toBe(2);
    expect(await asks(said("three"))).toEqual(["wmBob: one", "noted"]);
  });

  it("give a group one of its own, which admins do not share", async () => {
    const { asks, turns } = await start({ settings: { dynamicAgents } });

    await asks(inGroup("one", "bob"));
    expect(await asks(inGroup("two", "root"))).toEqual([]);
    expect(await asks(inGroup("three", "eve"))).toEqual(["bob: one", "noted"]);
    await asks(said("four", { peer: "root" }));

    const name = "main.support.group.wk1.wr1";
    expect(turns.map(({ instance }) => instance)).toEqual([name, undefined, name, undefined]);
  });

  it("give way to a binding", async () => {
    const { asks, turns } = await start({
      settings: { dynamicAgents },
      dispatch: { bindings: [{ peer: "wmBob", agent: "main" }] },
    });

    await asks(said("one"));

    expect(turns[0]?.instance).toBeUndefined();
  });

  it("are handed a folder where the agent has use for one", async () => {
    const { asks, turns } = await start({
      settings: { dynamicAgents },
      ports: { instanceFolder: async (agent, instance) => `/data/${agent}/${instance}` },
    });

    await asks(said("one"));

    expect(turns[0]?.folder).toBe("/data/main/main.support.direct.wk1.wm_42ob");
  });
});
