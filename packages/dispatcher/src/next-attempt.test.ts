import { type Agent, RejectedError, TransientError } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { nextAttempt } from "./next-attempt.ts";
import { answering, said, startGateway, testRandom } from "./test-support/gateway.ts";

const MINUTE = 60_000;

describe("a turn whose agent fails", () => {
  /** Every failure takes `lastsMs`; the moments of the attempts, from the first one's beginning to the last one's end. */
  function attempts(error: unknown, { lastsMs = 0, startedAt = 0, turnRetryMs = 2 * MINUTE } = {}) {
    let now = 0;
    const clock = { now: () => now, sleep: async () => {} };
    const options = { clock, random: testRandom, turnTimeoutMs: 10 * MINUTE, turnRetryMs, startedAt };
    const begun: number[] = [];
    let failingSince: number | undefined;
    for (let attempt = 1; ; attempt += 1) {
      begun.push(now);
      now += lastsMs;
      const next = nextAttempt({ attempt, createdAt: 0, failingSince }, error, options);
      if (next === undefined) return { begun, endedAt: now };
      failingSince ??= now;
      now += next.waitMs;
    }
  }
  const down = () => new TransientError("connection refused", { code: "agent.unreachable" });

  it("is tried through a restart of the agent, and again soon after it", () => {
    const { begun, endedAt } = attempts(down());

    expect(endedAt).toBeGreaterThanOrEqual(2 * MINUTE);
    expect(endedAt).toBeLessThan(2.5 * MINUTE);
    const pauses = begun.slice(1).map((at, index) => at - (begun[index] ?? 0));
    expect(Math.max(...pauses)).toBe(15_000);
  });

  it("counts from the first failure, however long the agent had worked before it", () => {
    const { endedAt } = attempts(down(), { lastsMs: 5_000 });

    expect(endedAt).toBeGreaterThanOrEqual(5_000 + 2 * MINUTE);
  });

  it("counts from this process' start, where machine and agent began anew", () => {
    expect(attempts(down(), { startedAt: 10 * MINUTE }).endedAt).toBeGreaterThanOrEqual(12 * MINUTE);
  });

  it("is tried five times where each takes long, or where nothing more is configured", () => {
    expect(attempts(down(), { lastsMs: 5 * MINUTE }).begun).toHaveLength(5);
    expect(attempts(down(), { turnRetryMs: 0 }).begun).toHaveLength(5);
  });

  it("does not hammer an agent that says it could be asked at once", () => {
    const now = new TransientError("busy", { code: "agent.rate-limited", until: { at: new Date(0) } });

    expect(attempts(now).begun.length).toBeLessThan(15);
  });

  it("is over when the agent rejects it", () => {
    expect(attempts(new RejectedError("no", { code: "agent.rejected" })).begun).toHaveLength(1);
  });
});

describe("an agent that is away for a minute and a half", () => {
  it("answers every message that was written meanwhile", async () => {
    let backAt = 0;
    const words = answering((text) => `re: ${text}`);
    const agent: Agent = {
      async *respond(turn, signal) {
        if (gateway.clock.now() < backAt) throw new TransientError("connection refused", { code: "agent.unreachable" });
        yield* words.respond(turn, signal);
      },
    };
    const gateway = await startGateway(agent, { dispatch: { turnRetryMs: 120_000 } });
    backAt = gateway.clock.now() + 1.5 * MINUTE;
    const advancing = setInterval(() => gateway.clock.advance(1_000), 20);

    await gateway.receive(said("one", { peer: "ann" }), said("two", { peer: "bea" }));

    await expect.poll(() => gateway.texts().sort(), { timeout: 20_000 }).toEqual(["re: one", "re: two"]);
    clearInterval(advancing);
    expect((await gateway.store.query.failedTurns({ limit: 10 })).items).toEqual([]);
  });
});
