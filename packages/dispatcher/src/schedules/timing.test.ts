import type { MissedRuns, ScheduleRow, ScheduleTiming } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { planFiring } from "./plan.ts";
import { checkTiming, nextDue } from "./timing.ts";

const berlin = (expression: string): ScheduleTiming => ({ kind: "cron", expression, timeZone: "Europe/Berlin" });
const at = (text: string) => Date.parse(text);

/** The due times from `after` to `until`, as text. */
function dueBetween(timing: ScheduleTiming, after: string, until: string): readonly string[] {
  const times: string[] = [];
  for (let next = nextDue(timing, at(after)); next !== undefined && next <= at(until); next = nextDue(timing, next)) {
    times.push(new Date(next).toISOString().slice(0, 16));
  }
  return times;
}

describe("due times", () => {
  it("follow the time zone they are written for", () => {
    const timing: ScheduleTiming = { kind: "cron", expression: "0 9 * * 1-5", timeZone: "Asia/Shanghai" };

    const times = dueBetween(timing, "2026-11-20T00:00:00Z", "2026-11-24T12:00:00Z");

    expect(times).toEqual(["2026-11-20T01:00", "2026-11-23T01:00", "2026-11-24T01:00"]);
  });

  it("come once on the day summer time begins, at the end of the hour that is missing", () => {
    const times = dueBetween(berlin("30 2 * * *"), "2026-03-28T00:00:00Z", "2026-03-30T12:00:00Z");

    expect(times).toEqual(["2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30"]);
  });

  it("come once on the day summer time ends, though the hour comes twice", () => {
    const times = dueBetween(berlin("30 2 * * *"), "2026-10-24T00:00:00Z", "2026-10-26T12:00:00Z");

    expect(times).toEqual(["2026-10-24T00:30", "2026-10-25T00:30", "2026-10-26T01:30"]);
  });

  it("come once for a list of hours, too", () => {
    const times = dueBetween(berlin("30 2,14 * * *"), "2026-10-25T00:00:00Z", "2026-10-25T23:00:00Z");

    expect(times).toEqual(["2026-10-25T00:30", "2026-10-25T13:30"]);
  });

  it("keep their pace where they are an interval", () => {
    const times = dueBetween(berlin("0 * * * *"), "2026-10-24T23:30:00Z", "2026-10-25T03:00:00Z");

    expect(times).toEqual(["2026-10-25T00:00", "2026-10-25T01:00", "2026-10-25T02:00", "2026-10-25T03:00"]);
  });

  it("come once for a fixed moment", () => {
    const timing: ScheduleTiming = { kind: "once", at: at("2026-12-24T17:00:00Z") };

    expect(dueBetween(timing, "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z")).toEqual(["2026-12-24T17:00"]);
  });
});

describe("a schedule that is written wrongly", () => {
  const now = at("2026-11-20T00:00:00Z");
  const CASES: readonly (readonly [string, ScheduleTiming, string])[] = [
    ["no expression", berlin("every morning"), "schedule.expression"],
    ["a weekday that is none", berlin("0 9 * * 9"), "schedule.expression"],
    ["a date instead of an expression", berlin("2026-12-24T17:00:00"), "schedule.expression"],
    ["a day that never comes", berlin("0 0 31 2 *"), "schedule.never"],
    ["an unknown time zone", { kind: "cron", expression: "0 9 * * *", timeZone: "Mars/Base" }, "schedule.time-zone"],
    ["a moment that is over", { kind: "once", at: at("2026-11-19T00:00:00Z") }, "schedule.past"],
  ];

  it.each(CASES)("is refused in words: %s", (_, timing, code) => {
    const refusal = (() => {
      try {
        checkTiming(timing, now);
      } catch (error) {
        return error;
      }
      return undefined;
    })();

    expect(refusal).toMatchObject({ code, hint: expect.stringMatching(/\S/) });
  });
});

describe("times that passed while nothing ran", () => {
  const hourly = (missed: MissedRuns): ScheduleRow => ({
    id: "sch_1",
    name: "hourly",
    enabled: true,
    timing: { kind: "cron", expression: "0 * * * *", timeZone: "UTC" },
    action: { kind: "ask", prompt: "?" },
    missed,
    version: 1,
    nextAt: at("2026-11-20T09:00:00Z"),
    createdAt: 0,
    updatedAt: 0,
    createdBy: "tests",
  });

  it("are none while the gateway only was a little late", () => {
    const plan = planFiring(hourly("skip"), at("2026-11-20T09:00:40Z"));

    expect(plan).toEqual({ reason: "due", dueAt: at("2026-11-20T09:00:00Z"), next: at("2026-11-20T10:00:00Z") });
  });

  it("are left out and counted: skip", () => {
    const plan = planFiring(hourly("skip"), at("2026-11-20T12:30:00Z"));

    expect(plan).toMatchObject({ skipped: 4, next: at("2026-11-20T13:00:00Z") });
  });

  it("are left out up to the one that is due right now", () => {
    const plan = planFiring(hourly("skip"), at("2026-11-20T12:00:05Z"));

    expect(plan).toMatchObject({ skipped: 3, next: at("2026-11-20T12:00:00Z") });
  });

  it("are made up for by one run that stands for the latest: once", () => {
    const plan = planFiring(hourly("once"), at("2026-11-20T12:30:00Z"));

    expect(plan).toEqual({ reason: "missed", dueAt: at("2026-11-20T12:00:00Z"), next: at("2026-11-20T13:00:00Z") });
  });

  it("are made up for one by one: all", () => {
    const plan = planFiring(hourly("all"), at("2026-11-20T12:30:00Z"));

    expect(plan).toEqual({ reason: "missed", dueAt: at("2026-11-20T09:00:00Z"), next: at("2026-11-20T10:00:00Z") });
  });

  it("are made up for a hundred times at most", () => {
    const plan = planFiring(hourly("all"), at("2026-12-20T12:30:00Z"));

    expect(plan).toMatchObject({ skipped: 624, next: at("2026-12-16T09:00:00Z") });
  });

  it("are skipped or made up for, when the moment was the only one", () => {
    const once = (missed: MissedRuns): ScheduleRow => ({
      ...hourly(missed),
      timing: { kind: "once", at: at("2026-11-20T09:00:00Z") },
    });

    const plans = [
      planFiring(once("skip"), at("2026-11-21T00:00:00Z")),
      planFiring(once("once"), at("2026-11-21T00:00:00Z")),
    ];

    expect(plans).toEqual([
      { reason: "missed", dueAt: at("2026-11-20T09:00:00Z"), skipped: 1 },
      { reason: "missed", dueAt: at("2026-11-20T09:00:00Z") },
    ]);
  });
});
