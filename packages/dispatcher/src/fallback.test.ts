import { type Address, type Agent, type Channel, type JsonObject, RejectedError, TransientError } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { answering, said, startGateway } from "./test-support/gateway.ts";

/** A bot that fails as told, with an app beside it. */
async function botAndApp(
  failure: Error,
  more: { readonly agent?: Agent; readonly check?: NonNullable<Channel["check"]> } = {},
) {
  const closed: (JsonObject | undefined)[] = [];
  const byApp: { to: Address; text: string }[] = [];
  const app: Channel = {
    id: "app",
    type: "test",
    target: (text) => ({
      channel: "app",
      account: "1000002",
      kind: text.startsWith("party:") ? "audience" : "direct",
      peer: text.replace(/^user:/, ""),
    }),
    ...(more.check === undefined ? {} : { check: more.check }),
    prepare: (reply) => reply.map((content) => ({ content: [content] })),
    async send({ to, piece }) {
      const [content] = piece.content;
      byApp.push({ to, text: content?.kind === "text" ? content.text : "" });
      return {};
    },
    health: () => ({ state: "ok", accounts: [] }),
  };
  const gateway = await startGateway(more.agent ?? answering((text) => `answer to ${text}`), {
    settings: { fallback: "app" },
    more: { app },
    send() {
      throw failure;
    },
    channel: {
      target() {
        throw new RejectedError("a bot knows no departments", { code: "bot.no-audience" });
      },
      openStream: () => ({ handle: { bubble: "b1" }, update: () => {} }),
      settle: async (_target, stream) => void closed.push(stream),
    },
  });
  return { ...gateway, byApp, closed };
}

describe("a channel with a fallback", () => {
  it("has its answer sent by the other when its connection is down", async () => {
    const { receive, byApp, store, closed } = await botAndApp(
      new TransientError("not connected", { code: "bot.not-connected" }),
    );

    await receive(said("hi", { peer: "zhangsan" }));

    await expect
      .poll(() => byApp)
      .toEqual([
        { to: { channel: "app", account: "1000002", kind: "direct", peer: "zhangsan" }, text: "answer to hi" },
      ]);
    const { items } = await store.query.deliveries({ limit: 10, channel: "support" });
    expect(items.map(({ state }) => state)).toEqual(["accepted"]);
    expect(closed).toEqual([{ bubble: "b1" }]);
  });

  it("has a card that the other cannot show said in words to whoever waits for it", async () => {
    const card = { card_type: "text_notice", main_title: { title: "Your order" } };
    const agent: Agent = {
      async *respond() {
        yield { kind: "content", content: { kind: "card", card } };
      },
    };
    const check: Channel["check"] = ({ kind }) => {
      if (kind === "card") throw new RejectedError("card.card_action is missing", { code: "card.invalid" });
    };
    const down = new TransientError("not connected", { code: "bot.not-connected" });
    const { receive, byApp } = await botAndApp(down, { agent, check });

    await receive(said("hi"));

    await expect.poll(() => byApp.map(({ text }) => text)).toEqual(["Your order"]);
  });

  it("does not leave the beginning of an answer open that nobody can send", async () => {
    const { receive, observations, closed } = await botAndApp(new RejectedError("bad words", { code: "bot.refused" }));

    await receive(said("hi"));

    await expect.poll(() => observations.some(({ kind }) => kind === "delivery-dead")).toBe(true);
    expect(closed).toEqual([{ bubble: "b1" }]);
  });

  it("closes what a message opened although its answer never grew, but not for what the agent said on the way", async () => {
    const closed: (readonly string[])[] = [];
    let end = () => {};
    const agent: Agent = {
      async *respond() {
        yield { kind: "content", now: true, content: { kind: "text", text: "a moment" } };
        await new Promise<void>((resolve) => (end = resolve));
        yield { kind: "text-delta", text: "done" };
      },
    };
    const gateway = await startGateway(agent, {
      send() {
        throw new RejectedError("bad words", { code: "bot.refused" });
      },
      channel: { settle: async ({ answers }) => void closed.push(answers) },
    });
    const dead = () => gateway.observations.filter(({ kind }) => kind === "delivery-dead").length;
    const message = said("hi");

    await gateway.receive(message);
    await expect.poll(dead).toBe(1);
    expect(closed).toEqual([]);
    end();

    await expect.poll(dead).toBe(2);
    expect(closed).toEqual([[message.id]]);
  });

  it("closes what is open for an answer that the operator gives up", async () => {
    const until = new Date(Date.now() + 3_600_000);
    const failure = new TransientError("too many", { code: "bot.paced", sent: "no", until: { at: until } });
    const { receive, store, dispatcher, closed } = await botAndApp(failure);
    await receive(said("hi"));
    const deliveries = async () => (await store.query.deliveries({ limit: 10, channel: "support" })).items;
    await expect.poll(async () => (await deliveries()).map(({ error }) => error?.code)).toEqual(["bot.paced"]);
    expect(closed).toEqual([]);

    const [waiting] = await deliveries();
    expect(await dispatcher.discard(waiting?.id ?? "")).toBe(true);

    expect(closed).toEqual([{ bubble: "b1" }]);
    expect((await deliveries()).map(({ state }) => state)).toEqual(["discarded"]);
  });

  it("keeps what may have arrived, and what only waits for a limit", async () => {
    const unknown = await botAndApp(new TransientError("timed out", { code: "bot.no-answer", sent: "unknown" }));
    await unknown.receive(said("hi"));
    await expect.poll(() => unknown.observations.some(({ kind }) => kind === "delivery-retried")).toBe(true);
    expect(unknown.byApp).toEqual([]);
    await unknown.close();

    const limited = await botAndApp(
      new TransientError("slow down", { code: "bot.rate", until: { at: new Date(Date.now() + 60_000) } }),
    );
    await limited.receive(said("hi"));
    await expect.poll(() => limited.observations.some(({ kind }) => kind === "delivery-retried")).toBe(true);
    expect(limited.byApp).toEqual([]);
  });

  it("keeps what is for a group, which the other does not know", async () => {
    const { receive, byApp, observations } = await botAndApp(
      new TransientError("not connected", { code: "bot.not-connected" }),
    );

    await receive(said("hi", { from: { channel: "support", account: "wk1", kind: "group", peer: "wr1" } }));

    await expect.poll(() => observations.some(({ kind }) => kind === "delivery-retried")).toBe(true);
    expect(byApp).toEqual([]);
  });

  it("writes to the conversation a person has already, where the case of ids does not count", async () => {
    const channel = { personKey: (id: string) => id.toLowerCase() };
    const gateway = await startGateway(
      answering(() => "hi"),
      { channel },
    );
    await gateway.receive(said("hello", { peer: "ZhangSan" }));
    await expect.poll(gateway.texts).toEqual(["hi"]);

    expect((await gateway.dispatcher.target("support", "zhangsan")).peer).toBe("ZhangSan");
    expect((await gateway.dispatcher.target("support", "lisi")).peer).toBe("lisi");
  });

  it("is one conversation for a person whose id comes in another case, also at the same moment and after a restart", async () => {
    const channel = { personKey: (id: string) => id.toLowerCase(), anyCase: true } as const;
    const first = await startGateway(
      answering((words) => words),
      { channel },
    );
    await Promise.all([
      first.receive(said("one", { peer: "ZhangSan" })),
      first.receive(said("two", { peer: "zhangsan" })),
    ]);
    await expect.poll(() => first.texts().join()).toMatch(/one.*two/);
    await first.stop();

    const second = await startGateway(
      answering((words) => words),
      { channel, store: first.store },
    );
    await second.receive(said("three", { peer: "ZHANGSAN" }));
    await expect.poll(second.texts).toEqual(["three"]);
    await second.stop();

    const { items } = await first.store.query.conversations({ limit: 10 });
    expect(items.map(({ peer }) => peer)).toEqual(["ZhangSan"]);
  });

  it("is one conversation for a person whom many write to first, in any case and from several gateways", async () => {
    const channel = { personKey: (id: string) => id.toLowerCase(), anyCase: true } as const;
    const echo = answering((words) => words);
    const first = await startGateway(echo, { channel });
    const second = await startGateway(echo, { channel, store: first.store, ports: { worker: "test-2" } });
    const write = async ({ dispatcher }: typeof first, to: string) =>
      dispatcher.send(await dispatcher.target("support", to), [{ kind: "text", text: "news" }], "test");

    await Promise.all(
      Array.from({ length: 35 }, (_, index) => write(index % 3 === 0 ? second : first, index % 2 ? "Pace" : "pace")),
    );
    await second.stop();

    expect((await first.store.query.conversations({ limit: 10 })).items).toHaveLength(1);
  });

  it("lets the other understand targets that it does not", async () => {
    const { dispatcher } = await botAndApp(new RejectedError("x", { code: "x" }));

    expect(await dispatcher.target("support", "party:1")).toEqual({
      channel: "app",
      account: "1000002",
      kind: "audience",
      peer: "party:1",
    });
  });
});
