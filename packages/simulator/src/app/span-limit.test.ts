import { describe, expect, it } from "vitest";
import { createDayLimit, createSlidingLimit, type SpanLimit } from "./span-limit.ts";

function passes(limit: SpanLimit, most: number, amount = 1): boolean {
  if (!limit.hasRoom("key", amount, most)) return false;
  limit.count("key", amount);
  return true;
}

describe("a sliding limit", () => {
  it("lets so much through within any minute, and nothing for a minute after more was tried", () => {
    let now = 1000;
    const limit = createSlidingLimit(() => now, 60_000);

    expect([passes(limit, 2), passes(limit, 2)]).toEqual([true, true]);
    now += 60_000;
    expect([passes(limit, 2), passes(limit, 2), passes(limit, 2)]).toEqual([true, true, false]);
    now += 59_999;
    expect(passes(limit, 2)).toBe(false);
    now += 1;
    expect(passes(limit, 2)).toBe(true);
  });

  it("counts amounts", () => {
    const limit = createSlidingLimit(() => 0, 60_000);

    expect([passes(limit, 10, 6), passes(limit, 10, 5), passes(limit, 10, 1)]).toEqual([true, false, false]);
  });
});

describe("a day's limit", () => {
  it("lets so much through until midnight in China", () => {
    let now = Date.parse("2026-05-01T15:59:00Z");
    const limit = createDayLimit(() => now);

    expect([passes(limit, 2), passes(limit, 2), passes(limit, 2)]).toEqual([true, true, false]);
    now += 60_000;
    expect(passes(limit, 2)).toBe(true);
  });
});
