import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { TooLate, withTimeLimit } from "./time-limit.ts";

/** One sleeper, whom the test wakes. */
function createClock() {
  let wake: (() => void) | undefined;
  return {
    now: () => 0,
    sleep: (_ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        wake = resolve;
        signal?.addEventListener(
          "abort",
          () => {
            wake = undefined;
            reject(signal.reason);
          },
          { once: true },
        );
      }),
    ring: () => wake?.(),
    isAsleep: () => wake !== undefined,
  };
}

const never = () => new Promise<never>(() => {});

describe("a time limit", () => {
  it("does not wait for work that is deaf to it", async () => {
    const clock = createClock();
    let given: AbortSignal | undefined;
    const call = withTimeLimit(clock, 1_000, undefined, (limit) => {
      given = limit;
      return never();
    });

    await Promise.all([expect(call).rejects.toThrow(new TooLate(1_000)), clock.ring()]);

    expect(given?.aborted).toBe(true);
  });

  it("ends with the caller's own reason", async () => {
    const caller = new AbortController();
    const call = withTimeLimit(createClock(), 1_000, caller.signal, never);

    caller.abort(new Error("the gateway stops"));

    await expect(call).rejects.toThrow("the gateway stops");
  });

  it("leaves no timer behind, and nothing on the signal of a caller who lives for weeks", async () => {
    const clock = createClock();
    const caller = new AbortController();

    expect(await withTimeLimit(clock, 1_000, caller.signal, async () => "done")).toBe("done");

    expect(clock.isAsleep()).toBe(false);
    expect(getEventListeners(caller.signal, "abort")).toEqual([]);
  });
});
