import { describe, expect, it } from "vitest";
import { createFaults } from "./faults.ts";

const NO_TARGETS = [undefined];

function twoFaults(random?: () => number) {
  const faults = createFaults(random);
  faults.define([
    { name: "a.drop", summary: "drops" },
    { name: "a.delay", summary: "delays", value: { type: "number", summary: "milliseconds", default: 50 } },
    { name: "a.code", summary: "answers", value: { type: "number", summary: "a number" } },
  ]);
  return faults;
}

describe("fault switches", () => {
  it("strike as often as their count says", () => {
    const faults = twoFaults();
    faults.set({ name: "a.drop", count: 2 });

    const hits = [1, 2, 3].map(() => faults.take("a.drop", NO_TARGETS) !== undefined);

    expect(hits).toEqual([true, true, false]);
  });

  it("let as many occasions pass as skip says", () => {
    const faults = twoFaults();
    faults.set({ name: "a.drop", skip: 2, count: 1 });

    const hits = [1, 2, 3, 4].map(() => faults.take("a.drop", NO_TARGETS) !== undefined);

    expect(hits).toEqual([false, false, true, false]);
  });

  it("strike only their target", () => {
    const faults = twoFaults();
    faults.set({ name: "a.drop", target: "wk1" });

    expect(faults.take("a.drop", ["wk2"])).toBeUndefined();
    expect(faults.take("a.drop", ["corp", "wk1"])).toBeDefined();
  });

  it("strike with their probability", () => {
    const dice = [0.4, 0.6];
    const faults = twoFaults(() => dice.shift() ?? 1);
    faults.set({ name: "a.drop", probability: 0.5 });

    expect(faults.take("a.drop", NO_TARGETS)).toBeDefined();
    expect(faults.take("a.drop", NO_TARGETS)).toBeUndefined();
  });

  it("keep two targets of one fault apart", () => {
    const faults = twoFaults();
    faults.set({ name: "a.delay", target: "wk1", value: 1 });
    faults.set({ name: "a.delay", target: "wk2", value: 2 });

    expect(faults.take("a.delay", ["wk1"])?.value).toBe(1);
    expect(faults.take("a.delay", ["wk2"])?.value).toBe(2);
  });

  it("carry their default value when none is given", () => {
    const faults = twoFaults();
    faults.set({ name: "a.delay" });

    expect(faults.take("a.delay", NO_TARGETS)?.value).toBe(50);
  });

  it("can be looked at without being counted", () => {
    const faults = twoFaults();
    faults.set({ name: "a.drop", count: 1 });

    faults.peek("a.drop", NO_TARGETS);

    expect(faults.active()[0]).toMatchObject({ hits: 0, left: 1 });
  });

  it("refuse a name nobody knows and list the known ones", () => {
    const refused = () => twoFaults().set({ name: "a.dorp" });

    expect(refused).toThrow(expect.objectContaining({ hint: "Known faults: a.code, a.delay, a.drop" }));
  });

  it.each([
    [{ name: "a.drop", value: 1 }, "takes no value"],
    [{ name: "a.delay", value: "long" }, "takes a number"],
    [{ name: "a.code" }, "needs a value"],
  ])("refuse %o: %s", (setting, reason) => {
    expect(() => twoFaults().set(setting)).toThrow(reason);
  });
});
