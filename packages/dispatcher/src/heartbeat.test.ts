import { setTimeout as wait } from "node:timers/promises";
import { type Agent, type Channel, textOf } from "@wxgate/core";
import { openStore } from "@wxgate/store";
import { describe, expect, it, onTestFinished } from "vitest";
import { movableClock, quiet, said, startGateway, testRandom } from "./test-support/gateway.ts";

const echo: Agent = {
  async *respond({ messages }) {
    yield { kind: "text-delta", text: textOf(messages[0]?.content ?? []) };
  },
};

/** A gateway on a machine that can be put to sleep: its clock jumps, and no timer of it is due earlier for that. */
async function start(channel: Partial<Channel> = {}) {
  const storeClock = movableClock();
  const store = await openStore("sqlite::memory:", { clock: storeClock, random: testRandom, log: quiet });
  onTestFinished(() => store.close());
  let sleptMs = 0;
  const clock = {
    now: () => Date.now() + sleptMs,
    sleep: (ms: number, signal?: AbortSignal) => wait(ms, undefined, { signal }),
  };
  const gateway = await startGateway(echo, { store, channel, ports: { clock } });
  const sleep = (ms: number) => {
    sleptMs += ms;
    storeClock.advance(ms);
  };
  return { ...gateway, store, sleep };
}

describe("a gateway whose machine slept", () => {
  it("claims a delivery once and sends it", async () => {
    const { receive, texts, sent, store, sleep } = await start();
    await receive(said("before"));
    await expect.poll(texts).toEqual(["before"]);

    sleep(10_000);
    await receive(said("after"));

    await expect.poll(texts, { timeout: 1_000 }).toEqual(["before", "after"]);
    const steps = (await store.query.timeline(sent[1]?.id ?? ""))?.map(({ what }) => what);
    expect(steps?.filter((what) => what === "delivery claimed")).toHaveLength(1);
  });

  it("does not send what another gateway may have sent meanwhile, although it renews its claims again", async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { receive, texts, store, sleep } = await start({
      async stage(piece) {
        if (JSON.stringify(piece).includes("slow")) await held;
        return piece;
      },
    });
    await receive(said("slow upload", { peer: "ann" }));
    await expect.poll(async () => (await store.query.counts()).deliveries).toMatchObject({ sending: 1 });

    sleep(20_000);
    const options = { worker: "another", limit: 1, channels: ["support"], policies: new Map() };
    await store.heartbeat("another", 15_000);
    const [taken] = await store.claimDeliveries(options);
    await store.completeDelivery(taken!.claim, {});
    await receive(said("quick", { peer: "ben" }));
    await expect.poll(texts).toEqual(["quick"]);
    release();
    await receive(said("last", { peer: "ben" }));

    await expect.poll(texts).toEqual(["quick", "last"]);
  });
});
