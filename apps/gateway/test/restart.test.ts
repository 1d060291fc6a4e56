import { describe, expect, it } from "vitest";
import { CRASH_POINTS } from "../src/crash-points.ts";
import { startGateway, waitFor } from "./harness.ts";

/** Passed only where the response is the answer: the bot's callbacks have tests of their own for it. */
const OTHERS_POINT = "before-answer";

describe("a killed gateway", () => {
  it.each(CRASH_POINTS.filter((point) => point !== OTHERS_POINT))(
    "answers once after it died at %s",
    async (crashPoint) => {
      const gateway = await startGateway({ crashPoint });

      await gateway.customerWrites("still there?");
      const { signal } = await gateway.exit();
      await gateway.restart();

      expect(signal).toBe("SIGKILL");
      await waitFor(() => gateway.repliesTo().length >= 1);
      // The next answer comes after everything that was due before it.
      await gateway.customerWrites("and now?");
      await waitFor(() => gateway.repliesTo().some((text) => text.includes("and now?")));
      expect(gateway.repliesTo()).toEqual(["You said: still there?", "You said: and now?"]);
    },
  );

  it("answers what was written while it was down", async () => {
    const gateway = await startGateway();
    await gateway.customerWrites("hello");
    await waitFor(() => gateway.repliesTo().length === 1);
    await gateway.kill9();

    await gateway.customerWrites("anybody?");
    await gateway.restart();

    await waitFor(() => gateway.repliesTo().length === 2);
    expect(gateway.repliesTo()).toEqual(["You said: hello", "You said: anybody?"]);
  });
});

describe("a gateway whose log nobody reads any more", () => {
  it("goes on answering, and still ends in order", async () => {
    const gateway = await startGateway();
    gateway.hangUp();

    await gateway.customerWrites("one");
    await waitFor(() => gateway.repliesTo().length === 1);
    await gateway.customerWrites("two");
    await waitFor(() => gateway.repliesTo().length === 2);

    expect(gateway.repliesTo()).toEqual(["You said: one", "You said: two"]);
    expect(await gateway.stop()).toEqual({ code: 0, signal: null });
  });
});

describe("an orderly end", () => {
  it("lets the agent finish, takes no more callbacks meanwhile, ends with code 0 and loses nothing", async () => {
    const gateway = await startGateway({
      config: { agents: { slow: { type: "module", path: "./slow.mjs" } } },
      files: { "slow.mjs": SLOW_AGENT },
    });
    await gateway.customerWrites("slowly");
    await waitFor(() => gateway.log().includes("turn started"));

    const ended = gateway.stop();
    const refused = await waitFor(async () => {
      const { status } = await fetch(`${gateway.publicUrl}/healthz`);
      return status === 503 && status;
    });
    const exit = await ended;

    expect(refused).toBe(503);
    expect(exit).toEqual({ code: 0, signal: null });
    await gateway.restart();
    await waitFor(() => gateway.repliesTo().length === 1);
    expect(gateway.repliesTo()).toEqual(["done"]);
    expect(gateway.log().match(/"turn started"/g)).toHaveLength(1);
  });

  it("is cut short by a second signal, and nothing is lost", async () => {
    const gateway = await startGateway({
      config: { agents: { slow: { type: "module", path: "./slow.mjs" } } },
      files: { "slow.mjs": SLOW_AGENT },
    });
    await gateway.customerWrites("slowly");
    await waitFor(() => gateway.log().includes("turn started"));

    gateway.signal("SIGTERM");
    await waitFor(() => gateway.log().includes('"stopping"'));
    gateway.signal("SIGTERM");
    const { code } = await gateway.exit();
    await gateway.restart();

    expect(code).toBe(1);
    await waitFor(() => gateway.repliesTo().length === 1);
    expect(gateway.repliesTo()).toEqual(["done"]);
  });
});

const SLOW_AGENT = `export default {
  async *respond() {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    yield { kind: "text-delta", text: "done" };
  },
};
`;
