import { describe, expect, it, onTestFinished } from "vitest";
import { createClock, type SimClock } from "./clock.ts";

function clockAt(startAtMs?: number): SimClock {
  const clock = createClock(startAtMs);
  onTestFinished(() => clock.close());
  return clock;
}

describe("simulated clock", () => {
  it("starts at the time it is given", () => {
    const clock = clockAt(Date.UTC(2030, 0, 1));

    expect(Math.abs(clock.now() - Date.UTC(2030, 0, 1))).toBeLessThan(1000);
  });

  it("runs timers in order of their due time, each at its own time", () => {
    const clock = clockAt();
    const start = clock.now();
    const ran: [string, number][] = [];
    for (const [name, delay] of [
      ["late", 3000],
      ["early", 1000],
      ["middle", 2000],
    ] as const) {
      clock.schedule(delay, () => ran.push([name, Math.round((clock.now() - start) / 1000)]));
    }

    clock.advance(5000);

    expect(ran).toEqual([
      ["early", 1],
      ["middle", 2],
      ["late", 3],
    ]);
  });

  it("runs a timer that another timer sets, when it falls into the same advance", () => {
    const clock = clockAt();
    const ran: string[] = [];
    clock.schedule(1000, () => clock.schedule(1000, () => ran.push("second")));

    clock.advance(2500);

    expect(ran).toEqual(["second"]);
  });

  it("fires by itself when real time passes", async () => {
    const clock = clockAt();

    await clock.sleep(20);

    expect(clock.offsetMs()).toBe(0);
  });

  it("does not run a timer that was taken back", () => {
    const clock = clockAt();
    const ran: string[] = [];
    const takeBack = clock.schedule(1000, () => ran.push("never"));

    takeBack();
    clock.advance(2000);

    expect(ran).toEqual([]);
  });

  it("refuses to go back", () => {
    expect(() => clockAt().advance(-1)).toThrow("only moves forward");
  });
});
