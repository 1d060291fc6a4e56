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
      shutdown: new Error("it ends"),
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

  it("stops what is still at work when the grace is over, with the reason it was given", async () => {
    const waiting = ["one", "two"];
    const reasons: unknown[] = [];
    const clock = movableClock();
    const shutdown = new Error("it ends");
    const pool = createWorkerPool<string>({
      claim: async (limit) => waiting.splice(0, limit),
      work: (_item, stop) =>
        new Promise((resolve) => {
          stop.onAbort(() => {
            reasons.push(stop.reason);
            resolve();
          });
        }),
      shutdown,
      concurrency: () => 2,
      clock,
      pollMs: 250,
      onClaimFailed(error) {
        throw error;
      },
    });
    const stop = new AbortController();
    const running = pool.run(stop.signal, 1_000);
    await expect.poll(() => waiting).toEqual([]);
    stop.abort();
    await sleep(20);
    expect(reasons).toEqual([]);
    clock.advance(1_000);
    await running;
    expect(reasons).toEqual([shutdown, shutdown]);
  });

  it("finds by itself what nobody woke it for, and rests between", async () => {
    const waiting: string[] = [];
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
      concurrency: () => 1,
      clock,
      pollMs: 250,
      onClaimFailed(error) {
        throw error;
      },
    });
    const stop = new AbortController();
    const running = pool.run(stop.signal, 1_000);
    await sleep(20);
    const before = claims;
    waiting.push("late");
    await sleep(20);
    expect(claims).toBe(before);
    clock.advance(250);
    await expect.poll(() => done).toEqual(["late"]);
    stop.abort();
    await running;
  });

  it("claims once for what it was woken for, and again only where there may be more", async () => {
    const waiting: string[] = [];
    const done: string[] = [];
    let claims = 0;
    const pool = createWorkerPool<string>({
      async claim(limit) {
        claims += 1;
        return waiting.splice(0, limit);
      },
      async work(item) {
        await sleep(5);
        done.push(item);
      },
      shutdown: new Error("it ends"),
      concurrency: () => 2,
      clock: movableClock(),
      pollMs: 10_000,
      onClaimFailed(error) {
        throw error;
      },
    });
    const stop = new AbortController();
    const running = pool.run(stop.signal, 1_000);
    await sleep(20);

    claims = 0;
    waiting.push("one");
    pool.wake();
    await sleep(40);
    expect({ done, claims }).toEqual({ done: ["one"], claims: 1 });

    waiting.push("two", "three", "four");
    pool.wake();
    await expect.poll(() => done).toEqual(["one", "two", "three", "four"]);
    stop.abort();
    await running;
  });
});
