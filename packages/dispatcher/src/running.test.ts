import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Running } from "./running.ts";

describe("what goes on now", () => {
  it("is what was added and not taken out, in the order of adding, whatever goes in and out", () => {
    const step = fc.oneof(fc.constant("add" as const), fc.nat(20));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const running = new Running<number>();
        const model = new Set<number>();
        const leaves: (() => void)[] = [];
        for (const todo of steps) {
          if (todo === "add") {
            model.add(leaves.length);
            leaves.push(running.add(leaves.length));
          } else {
            // Also what has left before.
            leaves[todo]?.();
            model.delete(todo);
          }
          expect([...running]).toEqual([...model]);
          expect(running.size).toBe(model.size);
        }
      }),
    );
  });

  it("can be walked while what is met leaves", () => {
    const running = new Running<string>();
    const leaves = new Map(["one", "two", "three"].map((item) => [item, running.add(item)]));
    const met: string[] = [];
    for (const item of running) {
      met.push(item);
      leaves.get(item)?.();
    }
    expect(met).toEqual(["one", "two", "three"]);
    expect(running.size).toBe(0);
  });
});
