import { createTestPorts } from "@wxgate/testing";
import { describe, expect, it } from "vitest";
import { createPacing } from "./pacing.ts";
import { TO } from "./test-support/fake-platform.ts";

const MINUTE_MS = 60_000;

describe("the pace of one chat", () => {
  it("is 30 messages a minute and 1,000 an hour, in any minute and any hour", async () => {
    const { clock } = createTestPorts();
    const pacing = createPacing(clock);
    const { signal } = new AbortController();
    const sent: number[] = [];
    /** Undefined: it was sent; else there is room then. */
    const send = () =>
      pacing
        .send(TO, async () => void sent.push(clock.now()), signal)
        .then(
          () => undefined,
          (error: { until: { at: Date } }) => error.until.at,
        );

    while (sent.length < 1_200) {
      const roomAt = await send();
      if (roomAt !== undefined) await clock.advance(roomAt.getTime() - clock.now());
    }

    const mostWithin = (ms: number) =>
      Math.max(...sent.map((from) => sent.filter((at) => at >= from && at < from + ms).length));
    expect(mostWithin(MINUTE_MS)).toBe(30);
    expect(mostWithin(60 * MINUTE_MS)).toBe(1_000);
  });
});
