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

  it("counts what is under way, and what could not wait", async () => {
    const { clock } = createTestPorts();
    const pacing = createPacing(clock);
    const { signal } = new AbortController();
    let acknowledge = () => {};
    const acknowledged = new Promise<void>((resolve) => {
      acknowledge = resolve;
    });

    const underWay = Array.from({ length: 20 }, () => pacing.send(TO, () => acknowledged, signal));
    for (let count = 0; count < 10; count += 1) pacing.note(TO);
    await expect(pacing.send(TO, async () => "sent", signal)).rejects.toMatchObject({ code: "wecom-bot.paced" });

    await clock.advance(30_000);
    acknowledge();
    await Promise.all(underWay);
    await clock.advance(31_000);
    // The ten of the beginning are a minute old, the twenty count from their acknowledgement.
    for (let count = 0; count < 10; count += 1) expect(await pacing.send(TO, async () => "sent", signal)).toBe("sent");
    await expect(pacing.send(TO, async () => "sent", signal)).rejects.toMatchObject({ code: "wecom-bot.paced" });
  });

  it("holds one chat's messages against no other, however many there are", async () => {
    const { clock } = createTestPorts();
    const pacing = createPacing(clock);
    const { signal } = new AbortController();
    for (let count = 0; count < 30; count += 1) pacing.note(TO);

    for (let peer = 0; peer < 2_500; peer += 1) await pacing.send({ ...TO, peer: `u${peer}` }, async () => {}, signal);

    await expect(pacing.send(TO, async () => {}, signal)).rejects.toMatchObject({ code: "wecom-bot.paced" });
  });
});
