import type { Agent, HistoryLine, SummaryRequest, Turn } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { tooOld } from "./memory.ts";
import { said, startGateway } from "./test-support/gateway.ts";

const PATIENT = { timeout: 10_000 };

describe("the memory of a session that outgrows its agent", () => {
  const turns: Turn[] = [];
  const requests: SummaryRequest[] = [];
  async function start(summarize: (request: SummaryRequest) => Promise<string>) {
    turns.length = 0;
    requests.length = 0;
    const agent: Agent = {
      capabilities: { history: false, memory: { policy: "summarize", maxTokens: 100, summaryTokens: 50 } },
      async *respond(turn) {
        turns.push(turn);
        yield { kind: "text-delta", text: `answer ${turns.length}` };
      },
      async summarize(request) {
        requests.push(request);
        return summarize(request);
      },
    };
    const gateway = await startGateway(agent);
    const tell = async (text: string, peer = "wmBob") => {
      const before = gateway.texts().length;
      await gateway.receive(said(text, { peer }));
      await expect.poll(() => gateway.texts().length, PATIENT).toBe(before + 1);
    };
    return { ...gateway, tell };
  }
  const long = (word: string) => `${word} ${"x".repeat(180)}`;

  it("is told in short, with what was said since", async () => {
    const { tell } = await start(async () => "They like tea.");

    for (const word of ["one", "two", "three"]) await tell(long(word));
    await expect.poll(() => requests.length, PATIENT).toBeGreaterThan(0);
    await tell("four");

    const last = turns.at(-1);
    expect(last?.summary).toBe("They like tea.");
    const history = last?.history.map(({ text }) => text.split(" ")[0]) ?? [];
    expect(history).not.toContain("one");
    expect(history).toContain("three");
    expect(requests[0]?.entries[0]?.text).toBe(long("one"));
  });

  it("loses no turn when nobody can summarise it", async () => {
    const { tell } = await start(async () => {
      throw new Error("no");
    });

    for (const word of ["one", "two", "three"]) await tell(long(word));
    await expect.poll(() => requests.length, PATIENT).toBeGreaterThan(0);
    await tell("four");

    expect(turns.at(-1)?.summary).toBeUndefined();
    expect(turns.at(-1)?.history.map(({ text }) => text.split(" ")[0])).toContain("one");
  });

  it("holds up no answer", async () => {
    const { tell } = await start(() => new Promise(() => {}));

    for (const word of ["one", "two", "three", "four"]) await tell(long(word));

    await expect.poll(() => requests.length, PATIENT).toBe(1);
  });

  it("does not keep the gateway from closing", async () => {
    const { tell, close } = await start(() => new Promise(() => {}));
    for (const word of ["one", "two", "three"]) await tell(long(word));
    await expect.poll(() => requests.length, PATIENT).toBe(1);

    await close();
  });

  it("is tried again after a later turn when its agent was silent for two minutes", async () => {
    const { tell, clock } = await start(() => new Promise(() => {}));
    for (const word of ["one", "two", "three"]) await tell(long(word));
    await expect.poll(() => requests.length, PATIENT).toBe(1);

    clock.advance(120_000);
    const asked = async () => {
      await tell("and then");
      return requests.length;
    };

    await expect.poll(asked, PATIENT).toBe(2);
  });

  it("is nobody else's, and is forgotten with /new", async () => {
    const { tell } = await start(async () => "They like tea.");
    for (const word of ["one", "two", "three"]) await tell(long(word));
    await expect.poll(() => requests.length, PATIENT).toBeGreaterThan(0);

    await tell("hi", "wmEve");
    expect(turns.at(-1)?.summary).toBeUndefined();
    await tell("/new");
    await tell("hello again");

    expect(turns.at(-1)).toMatchObject({ history: [] });
    expect(turns.at(-1)?.summary).toBeUndefined();
  });
});

describe("what goes into a summary", () => {
  const line = (turn: number, tokens: number): HistoryLine => ({
    turn: `trn_${turn}`,
    role: "user",
    at: 0,
    text: "x".repeat((tokens - 4) * 4),
  });

  it("is nothing while all fits", () => {
    expect(tooOld([line(1, 50), line(2, 50)], 100)).toEqual([]);
  });

  it("is the oldest whole turns, until the rest takes half", () => {
    const lines = [line(1, 30), line(1, 30), line(2, 30), line(3, 30), line(4, 30)];

    expect(tooOld(lines, 100).map(({ turn }) => turn)).toEqual(["trn_1", "trn_1", "trn_2", "trn_3"]);
  });

  it("is never the last turn, however long", () => {
    expect(tooOld([line(1, 500)], 100)).toEqual([]);
    expect(tooOld([line(1, 10), line(2, 500)], 100)).toHaveLength(1);
  });
});
