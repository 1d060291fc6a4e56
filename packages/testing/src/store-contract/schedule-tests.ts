import { SCHEDULE_CHANNEL, type ScheduleFields, type ScheduleFiring, type ScheduleRow } from "@wxgate/core";
import { expect, it } from "vitest";
import { PROBLEM, textsOf, type World } from "./world.ts";

const HOUR_MS = 3_600_000;

const GREETING: ScheduleFields = {
  name: "greeting",
  enabled: true,
  timing: { kind: "cron", expression: "0 9 * * *", timeZone: "Asia/Shanghai" },
  action: { kind: "send", to: { channel: "support", target: "ann" }, content: [{ kind: "text", text: "hi" }] },
  missed: "once",
};
const BRIEFING: ScheduleFields = { ...GREETING, name: "briefing", action: { kind: "ask", prompt: "what is new?" } };

/** What is due at fixed times. */
export function scheduleTests(world: () => World): void {
  let runs = 0;

  async function added(fields: ScheduleFields = GREETING): Promise<ScheduleRow> {
    const w = world();
    const row = await w.store.schedules.add(`sch_${++runs}`, fields, w.now() + 1_000, "tests");
    w.advance(2_000);
    return row;
  }

  function firing(row: ScheduleRow, what: ScheduleFiring["what"], more: Partial<ScheduleFiring> = {}): ScheduleFiring {
    return {
      scheduleId: row.id,
      version: row.version,
      runId: `run_${++runs}`,
      reason: "due",
      dueAt: row.nextAt ?? 0,
      action: row.action,
      move: { from: row.nextAt ?? 0, next: (row.nextAt ?? 0) + HOUR_MS },
      what,
      ...more,
    };
  }

  const sendTo = (peer: string, text: string): ScheduleFiring["what"] => ({
    kind: "send",
    to: world().address(peer),
    reply: world().reply(text),
  });
  const claimScheduled = () => world().claimTurns(10, [SCHEDULE_CHANNEL]);

  it("are kept as they were written, over a crash", async () => {
    const w = world();
    const row = await added();

    await w.crash();

    expect(await w.store.schedules.get(row.id)).toEqual(row);
    expect(await w.store.schedules.list()).toEqual([row]);
    expect(row).toMatchObject({ ...GREETING, version: 1, createdBy: "tests" });
  });

  it("are due when their time has come, and not while they are disabled", async () => {
    const w = world();
    const early = await added();
    const late = await w.store.schedules.add("sch_late", GREETING, w.now() + HOUR_MS, "tests");
    const off = await w.store.schedules.add("sch_off", { ...GREETING, enabled: false }, w.now() - 1, "tests");

    const { schedules, now } = await w.store.schedules.due(10);

    expect(schedules.map(({ id }) => id)).toEqual([early.id]);
    expect(now).toBeGreaterThanOrEqual(early.nextAt ?? Number.POSITIVE_INFINITY);
    expect([late.nextAt, off.enabled]).toEqual([expect.any(Number), false]);
  });

  it("fire once per due time, however often it is tried", async () => {
    const w = world();
    const row = await added();

    const fired = await Promise.all(
      ["one", "two", "three"].map((text) => w.store.schedules.fire(firing(row, sendTo("ann", text)))),
    );

    expect(fired.filter(Boolean)).toHaveLength(1);
    expect(await w.sendAll()).toHaveLength(1);
    expect((await w.store.schedules.get(row.id))?.nextAt).toBe((row.nextAt ?? 0) + HOUR_MS);
    expect((await w.store.schedules.runs(row.id, { limit: 10 })).items).toHaveLength(1);
  });

  it("store the next time and what goes out together: a crash loses neither", async () => {
    const w = world();
    const row = await added();
    await w.store.schedules.fire(firing(row, sendTo("ann", "hi")));

    await w.crash();

    expect((await w.store.schedules.due(10)).schedules).toEqual([]);
    expect(await w.sendAll()).toEqual(["hi"]);
  });

  it("do not fire as they were before somebody changed, disabled or removed them", async () => {
    const w = world();
    const changed = await added();
    const removed = await added();
    await w.store.schedules.update(changed.id, changed.version, { ...GREETING, enabled: false }, changed.nextAt);
    await w.store.schedules.remove(removed.id);

    const fired = [
      await w.store.schedules.fire(firing(changed, sendTo("ann", "old"))),
      await w.store.schedules.fire(firing({ ...changed, version: 2 }, sendTo("ann", "disabled"))),
      await w.store.schedules.fire(firing(removed, sendTo("ann", "removed"))),
    ];

    expect(fired).toEqual([false, false, false]);
    expect(await w.sendAll()).toEqual([]);
  });

  it("are changed by one of two who edit the same version", async () => {
    const w = world();
    const row = await added();
    const rename = (name: string) => w.store.schedules.update(row.id, row.version, { ...GREETING, name }, row.nextAt);

    const results = await Promise.all([rename("a"), rename("b")]);

    expect(results.filter((result) => result !== undefined)).toHaveLength(1);
    expect((await w.store.schedules.get(row.id))?.version).toBe(2);
  });

  it("ask in a turn of their own, whose answer goes where it is told to", async () => {
    const w = world();
    const row = await added(BRIEFING);
    const run = firing(row, { kind: "ask", name: "briefing" });
    await w.store.schedules.fire(run);

    const [turn] = await claimScheduled();
    await w.store.completeTurn(turn!.claim, { ...w.result("all quiet"), to: w.address("ann") });

    expect(textsOf(turn!)).toEqual(["what is new?"]);
    expect(turn!.messages[0]?.message).toMatchObject({ id: run.runId, sender: { id: row.id, name: "briefing" } });
    const [delivery] = await w.claimDeliveries();
    expect(delivery).toMatchObject({ conversation: w.address("ann"), turnId: turn!.id, answers: [] });
    expect(await w.store.schedules.run(run.runId)).toMatchObject({
      state: "done",
      text: "all quiet",
      deliveries: [{ id: delivery!.id, state: "sending" }],
    });
  });

  it("keep an answer that is for nobody in the run", async () => {
    const w = world();
    const row = await added(BRIEFING);
    const run = firing(row, { kind: "ask", name: "briefing" });
    await w.store.schedules.fire(run);

    const before = await w.store.schedules.run(run.runId);
    const [turn] = await claimScheduled();
    await w.store.completeTurn(turn!.claim, { outcome: "answered", historyText: "all quiet" });

    expect(before?.state).toBe("queued");
    expect(await w.store.schedules.run(run.runId)).toMatchObject({ state: "done", text: "all quiet", deliveries: [] });
    expect(await w.claimDeliveries()).toEqual([]);
    expect((await w.store.query.conversations({ limit: 10 })).items).toEqual([]);
  });

  it("begin anew at each run, or go on in the session they name", async () => {
    const w = world();
    const fresh = await added(BRIEFING);
    const named = await added({ ...BRIEFING, action: { kind: "ask", prompt: "and now?", session: "diary" } });
    const sessionOfRun = async (row: ScheduleRow) => {
      const manual = firing(row, { kind: "ask", name: row.name }, { reason: "manual" });
      const { move: _, ...rest } = manual;
      await w.store.schedules.fire(rest);
      const [turn] = await claimScheduled();
      await w.store.completeTurn(turn!.claim, { outcome: "answered", historyText: "ok" });
      return turn!.session;
    };

    const [first, second] = [await sessionOfRun(fresh), await sessionOfRun(fresh)];
    const [third, fourth] = [await sessionOfRun(named), await sessionOfRun(named)];

    expect(first).not.toBe(second);
    expect(third).toBe(fourth);
  });

  it("run one after the other when several runs of one are due, each in its own turn", async () => {
    const w = world();
    const row = await added(BRIEFING);
    for (let at = 0; at < 3; at++) {
      const from = (row.nextAt ?? 0) + at * HOUR_MS;
      const move = { from, next: from + HOUR_MS };
      await w.store.schedules.fire(firing(row, { kind: "ask", name: "briefing" }, { dueAt: from, move }));
    }

    const counts: number[] = [];
    for (let turns = await claimScheduled(); turns.length > 0; turns = await claimScheduled()) {
      counts.push(...turns.map((turn) => turn.messages.length));
      for (const turn of turns) await w.store.completeTurn(turn.claim, { outcome: "silent" });
    }

    expect(counts).toEqual([1, 1, 1]);
  });

  it("remember what was skipped and what could not begin", async () => {
    const w = world();
    const row = await added();
    const next = (row.nextAt ?? 0) + HOUR_MS;
    await w.store.schedules.fire(firing(row, { kind: "skip", times: 4 }));
    await w.store.schedules.fire(
      firing(row, { kind: "fail", error: PROBLEM }, { move: { from: next }, reason: "missed" }),
    );

    const page = await w.store.schedules.runs(row.id, { limit: 1 });
    const rest = await w.store.schedules.runs(row.id, { limit: 1, before: page.next ?? "" });

    expect(page.items).toMatchObject([{ state: "failed", reason: "missed", error: PROBLEM }]);
    expect(rest.items).toMatchObject([{ state: "skipped", times: 4 }]);
    expect((await w.store.schedules.get(row.id))?.nextAt).toBeUndefined();
  });
}
