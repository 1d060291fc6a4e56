import { getEventListeners } from "node:events";
import { createTestClock } from "@wxgate/testing";
import { describe, expect, it } from "vitest";
import { withTimeLimit } from "./time-limit.ts";

const never = () => new Promise<never>(() => {});

describe("the time limit of a call", () => {
  it("does not wait for work that is deaf to it", async () => {
    const clock = createTestClock(0);
    let given: AbortSignal | undefined;
    const call = withTimeLimit(clock, 1_000, undefined, (limit) => {
      given = limit;
      return never();
    });

    await Promise.all([expect(call).rejects.toThrow("no answer within 1000 ms"), clock.advance(1_000)]);

    expect(given?.aborted).toBe(true);
  });

  it("ends with the caller's own reason", async () => {
    const caller = new AbortController();
    const call = withTimeLimit(createTestClock(0), 1_000, caller.signal, never);

    caller.abort(new Error("the gateway stops"));

    await expect(call).rejects.toThrow("the gateway stops");
  });

  it("leaves no timer behind, and nothing on the signal of a caller who lives for weeks", async () => {
    const caller = new AbortController();
    let given: AbortSignal | undefined;

    await withTimeLimit(createTestClock(0), 1_000, caller.signal, async (limit) => {
      given = limit;
    });

    expect(given?.aborted).toBe(true);
    expect(getEventListeners(caller.signal, "abort")).toEqual([]);
  });
});
