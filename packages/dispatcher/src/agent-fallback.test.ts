import { AGENT_RESTING, type Agent, type Channel, RejectedError, TransientError, type Turn } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { standInsFor } from "./ask-in-order.ts";
import { answering, type PlatformOptions, said, startGateway } from "./test-support/gateway.ts";

const down = () => new TransientError("main is down", { code: "agent.unreachable" });
const speaks = (text: string): Agent => answering(() => text);

describe("an agent with stand-ins", () => {
  /** `main` fails in the way given; `others` stand in for it in their order. */
  async function start(main: Agent, others: Readonly<Record<string, Agent>>, options: PlatformOptions = {}) {
    const gateway = await startGateway(main, {
      ...options,
      dispatch: {
        agents: new Map([["main", main], ...Object.entries(others)]),
        fallbacks: new Map([["main", Object.keys(others)]]),
        ...options.dispatch,
      },
    });
    return gateway;
  }
  const fails = (error: () => Error, ...words: readonly string[]): Agent => ({
    async *respond() {
      for (const text of words) yield { kind: "text-delta", text };
      throw error();
    },
  });
  /** A channel whose answers grow on the phone. */
  function growing(screen: string[]): Partial<Channel> {
    return { openStream: () => ({ handle: {}, update: (text) => void (text !== "" && screen.push(text)) }) };
  }

  it("is answered for by the first of them that answers", async () => {
    const { receive, texts, store, observations } = await start(fails(down), {
      second: fails(() => new TransientError("second is down", { code: "agent.timeout" })),
      third: speaks("I am the third"),
    });

    await receive(said("hi", { id: "m-1" }));

    await expect.poll(texts).toEqual(["I am the third"]);
    const timeline = (await store.query.timeline("m-1")) ?? [];
    expect(timeline.find(({ what }) => what === "turn answered")?.detail).toEqual({
      agent: "third",
      passedOver: [
        { agent: "main", error: { code: "agent.unreachable", message: "main is down" } },
        { agent: "second", error: { code: "agent.timeout", message: "second is down" } },
      ],
    });
    expect(observations.filter(({ kind }) => kind === "agent-passed-over").map(({ agent }) => agent)).toEqual([
      "main",
      "second",
    ]);
    expect(observations.find(({ kind }) => kind === "turn-finished")).toMatchObject({ agent: "third", attempt: 1 });
  });

  it("is named in the timeline where it answered itself", async () => {
    const { receive, texts, store } = await start(speaks("me"), { second: speaks("not me") });

    await receive(said("hi", { id: "m-2" }));

    await expect.poll(texts).toEqual(["me"]);
    const timeline = (await store.query.timeline("m-2")) ?? [];
    expect(timeline.find(({ what }) => what === "turn answered")?.detail).toEqual({ agent: "main" });
  });

  it("has the last word on what it rejects", async () => {
    const { receive, texts } = await start(
      fails(() => new RejectedError("no", { code: "agent.rejected" })),
      {
        second: speaks("yes"),
      },
    );

    await receive(said("hi"));

    await expect.poll(texts).toEqual(["sorry"]);
  });

  it("leaves nothing of what it began with where nothing was shown", async () => {
    const { receive, texts } = await start(fails(down, "half an ans"), { second: speaks("a whole answer") });

    await receive(said("hi"));

    await expect.poll(texts).toEqual(["a whole answer"]);
  });

  it("is asked again, and nobody else, once the person saw some of its answer", async () => {
    const screen: string[] = [];
    let attempts = 0;
    let others = 0;
    const main: Agent = {
      async *respond() {
        attempts += 1;
        yield { kind: "text-delta", text: "half " };
        if (attempts === 1) throw down();
        yield { kind: "text-delta", text: "and half" };
      },
    };
    const second = answering(() => {
      others += 1;
      return "no";
    });
    const { receive, texts, clock } = await start(main, { second }, { channel: growing(screen) });

    await receive(said("hi"));
    await expect.poll(() => attempts).toBe(1);
    clock.advance(2_000);

    await expect.poll(texts).toEqual(["half and half"]);
    expect([attempts, others]).toEqual([2, 0]);
    expect(screen).toEqual(["half ", "half ", "half and half"]);
  });

  it("is asked again, and nobody else, once something was sent before the end", async () => {
    let attempts = 0;
    const main: Agent = {
      async *respond() {
        attempts += 1;
        yield { kind: "content", content: { kind: "text", text: "first" }, now: true };
        if (attempts === 1) throw down();
        yield { kind: "text-delta", text: "last" };
      },
    };
    const { receive, texts, clock } = await start(main, { second: speaks("no") });

    await receive(said("hi"));
    await expect.poll(texts).toEqual(["first"]);
    clock.advance(2_000);

    await expect.poll(texts).toEqual(["first", "last"]);
  });

  it("is tried again with its stand-ins when all failed, as soon as one of them may be", async () => {
    let asked: string[] = [];
    let areWell = false;
    const agent = (name: string, waitMs: number): Agent => ({
      async *respond() {
        asked.push(name);
        if (!areWell) {
          const at = new Date(clock.now() + waitMs);
          throw new TransientError(`${name} is busy`, { code: "agent.rate-limited", until: { at } });
        }
        yield { kind: "text-delta", text: `${name} is well` };
      },
    });
    const { receive, texts, clock, store, observations } = await start(agent("main", 3_600_000), {
      second: agent("second", 60_000),
    });

    await receive(said("hi", { id: "m-3" }));
    const isGivenBack = () => observations.some(({ kind }) => kind === "turn-retried");
    await expect.poll(isGivenBack, { timeout: 10_000 }).toBe(true);
    expect(asked).toEqual(["main", "second"]);
    asked = [];
    areWell = true;
    clock.advance(59_000);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(asked).toEqual([]);
    clock.advance(2_000);

    await expect.poll(texts, { timeout: 10_000 }).toEqual(["main is well"]);
    const timeline = (await store.query.timeline("m-3")) ?? [];
    expect(timeline.find(({ what }) => what === "turn failed")?.error).toMatchObject({
      code: "agent.rate-limited",
      message: "main is busy; second is busy",
    });
  });

  it("loses no attempt while all of them rest, up to the time a turn may take", async () => {
    let asked = 0;
    const resting: Agent = {
      async *respond() {
        asked += 1;
        yield* [];
        throw new TransientError("it rests", { code: AGENT_RESTING, until: { at: new Date(clock.now() + 5_000) } });
      },
    };
    const { receive, texts, clock, observations } = await start(
      resting,
      { second: resting },
      { dispatch: { turnTimeoutMs: 60_000 } },
    );

    await receive(said("hi"));
    for (let round = 1; round <= 8; round += 1) {
      const given = () => observations.filter(({ kind }) => kind === "turn-retried").map(({ attempt }) => attempt);
      await expect.poll(given, { timeout: 10_000 }).toEqual(Array.from({ length: round }, () => 1));
      expect(asked).toBe(round * 2);
      clock.advance(5_001);
    }
    const advancing = setInterval(() => clock.advance(5_001), 100);

    await expect.poll(texts, { timeout: 10_000 }).toEqual(["sorry"]);
    clearInterval(advancing);
  });

  it("passes on no turn that was stopped", async () => {
    let others = 0;
    const main: Agent = {
      async *respond(_, signal) {
        await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      },
    };
    const second = answering(() => {
      others += 1;
      return "no";
    });
    const { receive, texts, observations } = await start(main, { second });

    await receive(said("hi"));
    await expect.poll(() => observations.some(({ kind }) => kind === "turn-started")).toBe(true);
    await receive(said("/stop"));

    await expect.poll(() => observations.some(({ outcome }) => outcome === "cancelled")).toBe(true);
    await expect.poll(texts).toHaveLength(1);
    expect(others).toBe(0);
  });

  it("is forgiven a hang: whoever stands in has a turn's time of its own", async () => {
    const main: Agent = {
      async *respond() {
        await new Promise(() => {});
      },
    };
    const { receive, texts, clock } = await start(main, { second: speaks("here") });

    await receive(said("hi"));
    await new Promise((resolve) => setTimeout(resolve, 300));
    clock.advance(600_000);

    await expect.poll(texts).toEqual(["here"]);
  });

  it("tells each of them what it cannot remember itself", async () => {
    const heard: Turn[] = [];
    let isDown = false;
    const main: Agent = {
      async *respond() {
        if (isDown) throw down();
        yield { kind: "text-delta", text: "one" };
      },
    };
    const second: Agent = {
      capabilities: { history: false },
      async *respond(turn) {
        heard.push(turn);
        yield { kind: "text-delta", text: "two" };
      },
    };
    const { receive, texts } = await start(main, { second });
    await receive(said("first"));
    await expect.poll(texts).toEqual(["one"]);
    isDown = true;

    await receive(said("second"));

    await expect.poll(texts).toEqual(["one", "two"]);
    expect(heard[0]?.agent).toBe("second");
    expect(heard[0]?.history.map(({ text }) => text)).toEqual(["first", "one"]);
  });

  it("is followed by its stand-ins' own, each once", () => {
    const agents = new Map(["a", "b", "c", "d"].map((name) => [name, speaks(name)]));
    const fallbacks = new Map([
      ["a", ["b", "c"]],
      ["b", ["d"]],
      ["d", ["c"]],
    ]);

    expect(standInsFor({ agents, fallbacks }, "a").map(({ name }) => name)).toEqual(["b", "d", "c"]);
    expect(standInsFor({ agents, fallbacks }, "c")).toEqual([]);
  });
});
