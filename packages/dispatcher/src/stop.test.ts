import { describe, expect, it } from "vitest";
import { Stop } from "./stop.ts";

const reason = new Error("enough");

describe("a stop", () => {
  it("tells once who listens, and nobody who has let go", () => {
    const stop = new Stop();
    const told: string[] = [];
    stop.onAbort(() => told.push("stays"));
    stop.onAbort(() => told.push("gone"))();

    stop.abort(reason);
    stop.abort(new Error("later"));

    expect(told).toEqual(["stays"]);
    expect(stop.aborted).toBe(true);
    expect(stop.reason).toBe(reason);
  });

  it("aborts a signal that was made before", () => {
    const stop = new Stop();
    const { signal } = stop;
    expect(signal.aborted).toBe(false);
    stop.abort(reason);
    expect(signal.reason).toBe(reason);
    expect(stop.signal).toBe(signal);
  });

  it("gives an aborted signal to who asks later", () => {
    const stop = new Stop();
    stop.abort(reason);
    expect(stop.signal.aborted).toBe(true);
    expect(stop.signal.reason).toBe(reason);
  });
});
