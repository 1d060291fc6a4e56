import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { movableClock } from "./test-support/gateway.ts";
import { createWorkerPool, type WorkerPoolOptions } from "./worker-pool.ts";

/** A pool that works off `waiting`, on a clock of its own. */
function openPool(waiting: string[], given: Partial<WorkerPoolOptions<string>> = {}) {
  const done: string[] = [];
  const clock = movableClock();
  let claims = 0;
  const pool = createWorkerPool<string>({
    async claim(limit) {
      claims += 1;
      return waiting.splice(0, limit);
    },
    work: async (item) => void done.push(item),
    shutdown: new Error("it ends"),
    concurrency: () => 2,
    clock,
    pollMs: 10_000,
    onClaimFailed(error) {
      throw error;
    },
    ...given,
  });
  const stop = new AbortController();
  const running = pool.run(stop.signal, 1_000);
  return {
    done,
    clock,
    claims: () => claims,
    wake: pool.wake,
    /** Resolves when nothing runs any more. */
    stop() {
      stop.abort();
      return running;
    },
  };
}

describe("a worker pool", () => {
  it("lets other things happen when it is woken while all its places are taken", async () => {
    const finished: string[] = [];
    const pool = openPool(["one", "two", "three"], {
      concurrency: () => 1,
      async work(item) {
        await sleep(30);
        finished.push(item);
      },
    });

    await sleep(10);
    pool.wake();

    await expect.poll(() => finished).toEqual(["one", "two", "three"]);
    await pool.stop();
  });

  it("stops what is still at work when the grace is over, with the reason it was given", async () => {
    const waiting = ["one", "two"];
    const reasons: unknown[] = [];
    const shutdown = new Error("the end of all of it");
    const pool = openPool(waiting, {
      shutdown,
      work: (_item, stop) =>
        new Promise((resolve) => {
          stop.onAbort(() => {
            reasons.push(stop.reason);
            resolve();
          });
        }),
    });
    await expect.poll(() => waiting).toEqual([]);

    const stopped = pool.stop();
    await sleep(20);
    expect(reasons).toEqual([]);
    pool.clock.advance(1_000);
    await stopped;

    expect(reasons).toEqual([shutdown, shutdown]);
  });

  it("finds by itself what nobody woke it for, and rests between", async () => {
    const waiting: string[] = [];
    const pool = openPool(waiting, { pollMs: 250 });
    await sleep(20);
    const before = pool.claims();

    waiting.push("late");
    await sleep(20);
    expect(pool.claims()).toBe(before);
    pool.clock.advance(250);

    await expect.poll(() => pool.done).toEqual(["late"]);
    await pool.stop();
  });

  it("claims once for what it was woken for, and again only where there may be more", async () => {
    const waiting: string[] = [];
    const pool = openPool(waiting);
    await sleep(20);
    const before = pool.claims();

    waiting.push("one");
    pool.wake();
    await sleep(40);
    expect(pool.done).toEqual(["one"]);
    expect(pool.claims() - before).toBe(1);

    waiting.push("two", "three", "four");
    pool.wake();
    await expect.poll(() => pool.done).toEqual(["one", "two", "three", "four"]);
    await pool.stop();
  });
});
