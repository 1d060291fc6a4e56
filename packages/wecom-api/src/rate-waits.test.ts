import { describe, expect, it } from "vitest";
import { createRateWaits } from "./rate-waits.ts";

const PATH = "message/send";

describe("a ban of an API", () => {
  it("is not ended by a call from before it, but by the one that tests it", () => {
    let now = 0;
    const rates = createRateWaits(() => now);
    const before = now;
    now = 10;
    const untilMs = rates.refused(PATH);

    rates.worked(PATH, before);
    expect(rates.enter(PATH)).toBe(untilMs);

    now = untilMs;
    expect(rates.enter(PATH)).toBeUndefined();
    rates.worked(PATH, now);
    expect([rates.enter(PATH), rates.enter(PATH)]).toEqual([undefined, undefined]);
  });
});
