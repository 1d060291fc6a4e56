import { AGENT_RESTING, type Agent, RejectedError, TransientError, type Turn } from "@wxgate/core";
import { type CollectedAnswer, collectAnswer, createTestPorts, sampleTurn, type TestPorts } from "@wxgate/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type GuardedAgent, guardAgent } from "./breaker.ts";

const COOL_DOWN_MS = 30_000;
const NOON = Date.parse("2026-11-20T12:00:00Z");
const down = () => new TransientError("it is down", { code: "agent.unreachable" });

describe("an agent behind a breaker", () => {
  let world: TestPorts;
  let asked = 0;
  let answer: (turn: Turn, signal: AbortSignal) => Promise<string>;
  let guarded: GuardedAgent;

  // The library under it looks at the machine's clock.
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOON });
    world = createTestPorts();
    asked = 0;
    answer = async () => "well";
    const clock = { now: () => Date.now(), sleep: world.clock.sleep };
    const agent: Agent = {
      async *respond(turn, signal) {
        asked += 1;
        yield { kind: "text-delta", text: await answer(turn, signal) };
      },
      async summarize(_, signal) {
        asked += 1;
        return answer(sampleTurn({}), signal);
      },
    };
    guarded = await guardAgent(
      "main",
      agent,
      { failures: 3, coolDownMs: COOL_DOWN_MS },
      { clock, log: world.ports.log },
    );
  });
  afterEach(() => void vi.useRealTimers());

  const ask = (signal = new AbortController().signal): Promise<CollectedAnswer> =>
    collectAnswer(guarded.agent.respond(sampleTurn({}), signal));
  const summarize = async (signal = new AbortController().signal) =>
    guarded.agent.summarize?.({ id: "s_1-trn_1", entries: [], maxTokens: 50 }, signal);
  async function fail(times: number, error: () => Error = down) {
    answer = async () => {
      throw error();
    };
    for (let time = 0; time < times; time += 1) await ask();
  }
  const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);

  it("is left alone after so many failures in a row", async () => {
    await fail(3);

    const { error } = await ask();

    expect(asked).toBe(3);
    expect(error).toMatchObject({
      code: AGENT_RESTING,
      until: { at: new Date(NOON + COOL_DOWN_MS) },
      hint: "Its last failure: it is down",
    });
    expect(guarded.standing()).toEqual({
      state: "resting",
      since: NOON,
      until: NOON + COOL_DOWN_MS,
      reason: "it is down",
    });
  });

  it("counts anew after an answer", async () => {
    await fail(2);
    answer = async () => "well";
    await ask();
    await fail(2);

    expect(guarded.standing().state).toBe("ok");
  });

  it("is not blamed for questions it rejects", async () => {
    await fail(5, () => new RejectedError("no such question", { code: "agent.rejected" }));

    expect(asked).toBe(5);
    expect(guarded.standing().state).toBe("ok");
  });

  it("is asked again by one turn at a time once it has rested", async () => {
    await fail(3);
    pass(COOL_DOWN_MS);
    let release = (_: string) => {};
    answer = () =>
      new Promise((resolve) => {
        release = resolve;
      });

    const trial = ask();
    await vi.waitFor(() => expect(asked).toBe(4));
    const others = await Promise.all([ask(), ask()]);
    expect(guarded.standing().state).toBe("trying");
    release("well");
    expect((await trial).text).toBe("well");

    expect(asked).toBe(4);
    for (const { error } of others) expect(error).toMatchObject({ code: AGENT_RESTING });
    expect(guarded.standing().state).toBe("ok");
    answer = async () => "well";
    expect((await ask()).text).toBe("well");
  });

  it("rests again after a trial that failed, and says so once in the log", async () => {
    await fail(3);
    for (let trial = 0; trial < 3; trial += 1) {
      pass(COOL_DOWN_MS);
      await fail(1);
    }
    expect(asked).toBe(6);
    expect(guarded.standing()).toMatchObject({ state: "resting", since: NOON });

    pass(COOL_DOWN_MS);
    answer = async () => "well";
    await ask();

    const loud = world.logs.filter(({ level }) => level !== "debug").map(({ level, message }) => [level, message]);
    expect(loud).toEqual([
      ["warn", "the agent failed and rests"],
      ["info", "the agent answers again"],
    ]);
  });

  it("rests at once, and for as long as it asks, when it says Retry-After", async () => {
    const at = new Date(NOON + 120_000);
    await fail(1, () => new TransientError("too many", { code: "agent.rate-limited", until: { at } }));

    pass(119_999);
    expect((await ask()).error).toMatchObject({ code: AGENT_RESTING, until: { at } });
    pass(1);
    answer = async () => "well";
    expect((await ask()).text).toBe("well");
  });

  it("is not blamed for a turn that was stopped", async () => {
    answer = (_, signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    for (let turn = 0; turn < 5; turn += 1) {
      const stop = new AbortController();
      const answered = ask(stop.signal);
      stop.abort(new Error("stopped"));
      await answered;
    }

    expect(asked).toBe(5);
    expect(guarded.standing().state).toBe("ok");
  });

  it("is blamed for a turn that it kept waiting until its time was over", async () => {
    answer = (_, signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    for (let turn = 0; turn < 3; turn += 1) {
      const over = new AbortController();
      const answered = ask(over.signal);
      over.abort(new TransientError("no end within 1 ms", { code: "agent.timeout" }));
      await answered;
    }

    expect(guarded.standing().state).toBe("resting");
  });

  it("writes no summaries while it rests, and is found well again by one", async () => {
    await fail(3);

    await expect(summarize()).rejects.toMatchObject({ code: AGENT_RESTING });
    expect(asked).toBe(3);
    pass(COOL_DOWN_MS);
    answer = async () => "They like tea.";

    expect(await summarize()).toBe("They like tea.");
    expect(guarded.standing().state).toBe("ok");
  });

  it("is blamed for summaries that fail as for turns, and not for one that is given up", async () => {
    answer = (_, signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    const over = new AbortController();
    const written = summarize(over.signal);
    over.abort(new Error("closing"));
    await expect(written).rejects.toThrow("closing");
    await fail(2);

    await expect(summarize()).rejects.toMatchObject({ code: "agent.unreachable" });

    expect(asked).toBe(4);
    expect(guarded.standing().state).toBe("resting");
  });

  it("goes on resting when its trial is stopped, also by an agent that does not listen", async () => {
    await fail(3);
    pass(COOL_DOWN_MS);
    answer = () => new Promise(() => {});
    const stop = new AbortController();
    void ask(stop.signal);
    await vi.waitFor(() => expect(guarded.standing().state).toBe("trying"));

    stop.abort(new Error("stopped"));
    await vi.waitFor(() => expect(guarded.standing().state).toBe("resting"));

    pass(COOL_DOWN_MS);
    answer = async () => "well";
    expect((await ask()).text).toBe("well");
  });
});
