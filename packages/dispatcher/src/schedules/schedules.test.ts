import { type Agent, type OutboundContent, RejectedError, type ScheduleFields, type Turn } from "@wxgate/core";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { answering, type PlatformOptions, startGateway } from "../test-support/gateway.ts";

const HOUR_MS = 3_600_000;
const silent = answering(() => "");

const started = (agent: Agent = silent, options: PlatformOptions = {}) => startGateway(agent, options);
const inAnHour = (gateway: { clock: { now(): number } }) => gateway.clock.now() + HOUR_MS;

function greeting(at: number, more: Partial<ScheduleFields> = {}): ScheduleFields {
  return {
    name: "greeting",
    enabled: true,
    timing: { kind: "once", at },
    action: { kind: "send", to: { channel: "support", target: "wmBob" }, content: [{ kind: "text", text: "hello" }] },
    missed: "once",
    ...more,
  };
}
const question = (at: number, action: Partial<Extract<ScheduleFields["action"], { kind: "ask" }>> = {}) =>
  greeting(at, { name: "question", action: { kind: "ask", prompt: "what is new?", ...action } });
const TO_BOB = { to: { channel: "support", target: "wmBob" } };

describe("a schedule", () => {
  it("sends its text when its time comes, once, and is over", async () => {
    const gateway = await started();
    const { id } = await gateway.dispatcher.schedules.add(greeting(inAnHour(gateway)), "tests");

    gateway.clock.advance(HOUR_MS + 1_000);
    await vi.waitFor(() => expect(gateway.texts()).toEqual(["hello"]), 5_000);
    gateway.clock.advance(24 * HOUR_MS);
    await gateway.clock.sleep(1_500);

    expect(gateway.texts()).toEqual(["hello"]);
    expect(await gateway.dispatcher.schedules.get(id)).not.toHaveProperty("nextAt");
    expect((await gateway.dispatcher.schedules.runs(id, { limit: 10 })).items).toMatchObject([
      { reason: "due", state: "done", deliveries: [{ state: "accepted" }] },
    ]);
  }, 15_000);

  it("sends what an agent answers to its prompt", async () => {
    const gateway = await started(answering((text) => `about "${text}": nothing`));
    const { id } = await gateway.dispatcher.schedules.add(question(inAnHour(gateway), TO_BOB), "tests");

    await gateway.dispatcher.schedules.run(id);

    await vi.waitFor(() => expect(gateway.texts()).toEqual(['about "what is new?": nothing']), 5_000);
  });

  it("keeps to itself what is for nobody", async () => {
    const gateway = await started(answering(() => "a secret"));
    const { id } = await gateway.dispatcher.schedules.add(question(inAnHour(gateway)), "tests");

    const run = await gateway.dispatcher.schedules.run(id);

    await vi.waitFor(
      async () =>
        expect(await gateway.store.schedules.run(run?.id ?? "")).toMatchObject({ state: "done", text: "a secret" }),
      5_000,
    );
    expect(gateway.sent).toEqual([]);
  });

  it("is asked although nobody may write: access is for people", async () => {
    const gateway = await started(
      answering(() => "still here"),
      { settings: { dmPolicy: "disabled" } },
    );
    const { id } = await gateway.dispatcher.schedules.add(question(inAnHour(gateway), TO_BOB), "tests");

    await gateway.dispatcher.schedules.run(id);

    await vi.waitFor(() => expect(gateway.texts()).toEqual(["still here"]), 5_000);
  });

  it("remembers its earlier runs in the session it names, and nothing without one", async () => {
    const turns: Turn[] = [];
    const forgetful: Agent = {
      capabilities: { history: false },
      async *respond(turn) {
        turns.push(turn);
        yield { kind: "text-delta", text: `answer ${turns.length}` };
      },
    };
    const gateway = await started(forgetful);
    const named = await gateway.dispatcher.schedules.add(question(inAnHour(gateway), { session: "diary" }), "tests");
    const fresh = await gateway.dispatcher.schedules.add(question(inAnHour(gateway)), "tests");

    for (const [at, { id }] of [named, named, fresh, fresh].entries()) {
      const run = await gateway.dispatcher.schedules.run(id);
      await vi.waitFor(
        async () =>
          expect(await gateway.store.schedules.run(run?.id ?? "")).toMatchObject({ text: `answer ${at + 1}` }),
        5_000,
      );
    }

    expect(turns.map(({ history }) => history?.map(({ text }) => text))).toEqual([
      [],
      ["what is new?", "answer 1"],
      [],
      [],
    ]);
  }, 20_000);

  it("asks again when the agent fails, and says in the run why it gave up", async () => {
    let asked = 0;
    const broken: Agent = {
      async *respond() {
        asked += 1;
        if (asked === 1) throw new Error("not now");
        throw new RejectedError("never", { code: "agent.refused" });
      },
    };
    const gateway = await started(broken);
    const { id } = await gateway.dispatcher.schedules.add(question(inAnHour(gateway), TO_BOB), "tests");

    const run = await gateway.dispatcher.schedules.run(id);

    await vi.waitFor(
      async () =>
        expect(await gateway.store.schedules.run(run?.id ?? "")).toMatchObject({
          state: "failed",
          error: { code: "agent.refused" },
        }),
      8_000,
    );
    expect([asked, gateway.texts()]).toEqual([2, []]);
  }, 15_000);

  it("whose target leads nowhere any more fails that run and comes again", async () => {
    let exists = true;
    const gateway = await started(silent, {
      channel: {
        target(peer) {
          if (exists) return { channel: "support", account: "wk1", kind: "direct", peer };
          throw new RejectedError("nobody is called that", { code: "test.unknown" });
        },
      },
    });
    const timing = { kind: "cron", expression: "0 * * * *", timeZone: "UTC" } as const;
    const { id, nextAt } = await gateway.dispatcher.schedules.add(greeting(0, { timing }), "tests");
    exists = false;

    gateway.clock.advance(HOUR_MS);

    await vi.waitFor(
      async () =>
        expect((await gateway.dispatcher.schedules.runs(id, { limit: 9 })).items).toMatchObject([
          { state: "failed", error: { code: "test.unknown" } },
        ]),
      5_000,
    );
    expect((await gateway.dispatcher.schedules.get(id))?.nextAt).toBe((nextAt ?? 0) + HOUR_MS);
  });

  it("fires once though two gateways look at it", async () => {
    const gateway = await started();
    const other = await startGateway(silent, { store: gateway.store });
    onTestFinished(() => other.stop());
    await gateway.dispatcher.schedules.add(greeting(gateway.clock.now() + 1_500), "tests");

    await vi.waitFor(() => expect([...gateway.texts(), ...other.texts()]).toEqual(["hello"]), 6_000);
    await gateway.clock.sleep(1_500);

    expect([...gateway.texts(), ...other.texts()]).toEqual(["hello"]);
  }, 15_000);
});

describe("a change to a schedule", () => {
  it("is refused in words when it cannot work", async () => {
    const check = ({ kind }: OutboundContent) => {
      if (kind === "card") throw new RejectedError("card.card_type is missing", { code: "card.invalid" });
    };
    const gateway = await started(silent, { channel: { check } });
    const { schedules } = gateway.dispatcher;
    const at = inAnHour(gateway);
    const card = { kind: "send", ...TO_BOB, content: [{ kind: "card", card: {} }] } as const;
    const refusal = async (fields: ScheduleFields) =>
      (await schedules.add(fields, "tests").catch((error) => error))?.code;

    const codes = [
      await refusal(greeting(0)),
      await refusal(question(at, { agent: "nobody" })),
      await refusal(question(at, { to: { channel: "nowhere", target: "x" } })),
      await refusal(greeting(at, { action: card })),
    ];

    expect(codes).toEqual(["schedule.past", "schedule.unknown-agent", "schedule.unknown-channel", "card.invalid"]);
    expect(await schedules.list()).toEqual([]);
  });

  it("switches it off and on again without making up for what was meant to be left out", async () => {
    const gateway = await started();
    const { schedules } = gateway.dispatcher;
    const timing = { kind: "cron", expression: "0 * * * *", timeZone: "UTC" } as const;
    const { id } = await schedules.add(greeting(0, { timing, missed: "all" }), "tests");

    await schedules.edit(id, { enabled: false });
    gateway.clock.advance(5 * HOUR_MS);
    const on = await schedules.edit(id, { enabled: true });
    await gateway.clock.sleep(1_500);

    expect(on?.nextAt).toBeGreaterThan(gateway.clock.now());
    expect(gateway.texts()).toEqual([]);
  }, 10_000);

  it("keeps the next time when only the words change", async () => {
    const gateway = await started();
    const { schedules } = gateway.dispatcher;
    const before = await schedules.add(greeting(inAnHour(gateway)), "tests");

    const after = await schedules.edit(before.id, { name: "other", missed: "skip" });

    expect(after).toMatchObject({ name: "other", missed: "skip", nextAt: before.nextAt, version: 2 });
    expect(await schedules.edit("sch_unknown", { name: "x" })).toBeUndefined();
    expect([await schedules.remove(before.id), await schedules.remove(before.id)]).toEqual([true, false]);
  });
});
