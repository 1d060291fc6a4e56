import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { movableClock } from "./test-support/gateway.ts";
import { createWorkerPool } from "./worker-pool.ts";

describe("a worker pool", () => {
  it("lets other things happen when it is woken while all its places are taken", async () => {
    const waiting = ["one", "two", "three"];
    const done: string[] = [];
    const pool = createWorkerPool<string>({
      claim: async (limit) => waiting.splice(0, limit),
      async work(item) {
        await sleep(30);
        done.push(item);
      },
      concurrency: () => 1,
      clock: movableClock(),
      pollMs: 10_000,
      onClaimFailed(error) {
        throw error;
      },
    });
    const stop = new AbortController();
    const running = pool.run(stop.signal, 1_000);

    await sleep(10);
    pool.wake();

    await expect.poll(() => done).toEqual(["one", "two", "three"]);
    stop.abort();
    await running;
  });
});
