import { createTestClock } from "@wxgate/testing";
import { describe, expect, it, vi } from "vitest";
import { limitTime } from "./activity.ts";

function limited(limitMs: number) {
  const clock = createTestClock(0);
  const turn = new AbortController();
  const onOver = vi.fn();
  return { clock, turn, onOver, limit: limitTime(clock, limitMs, turn.signal, onOver) };
}

describe("the time a turn has", () => {
  it("is over once it went on for so long, whatever it rested, and however often that was said", async () => {
    const { clock, onOver, limit } = limited(1_000);

    limit.goOn();
    await clock.advance(600);
    limit.rest();
    await clock.advance(300);
    limit.rest();
    await clock.advance(5_000);
    limit.goOn();
    await clock.advance(399);
    expect(onOver).not.toHaveBeenCalled();
    await clock.advance(1);

    expect(onOver).toHaveBeenCalledOnce();
  });

  it("leaves no timer behind when the turn ends first", async () => {
    const { clock, turn, onOver, limit } = limited(1_000);
    limit.goOn();
    limit.rest();
    limit.goOn();

    turn.abort();
    await limit.end();
    await clock.advance(5_000);

    expect([clock.sleeping, onOver.mock.calls.length]).toEqual([0, 0]);
  });
});
