import { expect, it } from "vitest";
import type { World } from "./world.ts";

/** State, leases, media, and what is removed in time. */
export function sharedTests(world: () => World): void {
  it("keeps a channel's state to itself", async () => {
    const w = world();
    const mine = w.store.state("mine");
    await mine.set("a:1", { deep: [1, "two", null] });
    await mine.set("a:2", "x");
    await mine.set("b", false);

    expect(await mine.get("a:1")).toEqual({ deep: [1, "two", null] });
    expect(await w.store.state("other").get("a:1")).toBeUndefined();
    expect(await mine.list("a:")).toEqual([
      { key: "a:1", value: { deep: [1, "two", null] } },
      { key: "a:2", value: "x" },
    ]);
    await mine.delete("a:1");
    expect(await mine.get("a:1")).toBeUndefined();
    expect((await mine.list("")).map((row) => row.key)).toEqual(["a:2", "b"]);
  });

  it("takes no letter of a prefix for a pattern", async () => {
    const w = world();
    const state = w.store.state("c");
    for (const key of ["a_b", "axb", "A_b", "a%b"]) await state.set(key, 1);

    expect((await state.list("a_")).map((row) => row.key)).toEqual(["a_b"]);
    expect((await state.list("a%")).map((row) => row.key)).toEqual(["a%b"]);
  });

  it("forgets state when its time is over", async () => {
    const w = world();
    const state = w.store.state("c");
    await state.set("k", "v", { ttlMs: 1000 });
    expect(await state.get("k")).toBe("v");

    w.advance(1001);

    expect(await state.get("k")).toBeUndefined();
    expect(await state.list("")).toEqual([]);
    expect(await state.compareAndSet("k", "v", "w")).toBe(false);
    expect(await state.compareAndSet("k", undefined, "new")).toBe(true);
    expect(await state.get("k")).toBe("new");
  });

  it("lets one of several win who set the same key", async () => {
    const w = world();
    const state = w.store.state("c");

    const won = await Promise.all([1, 2, 3].map((value) => state.compareAndSet("k", undefined, value)));

    expect(won.filter(Boolean)).toHaveLength(1);
  });

  it("compares state by what it says, not by the order of its keys", async () => {
    const w = world();
    const state = w.store.state("c");
    await state.set("k", { a: 1, b: { c: [2], d: null } });

    expect(await state.compareAndSet("k", { a: 1, b: { c: [3], d: null } }, 0)).toBe(false);
    expect(await state.compareAndSet("k", { b: { d: null, c: [2] }, a: 1 }, 1)).toBe(true);
    expect(await state.get("k")).toBe(1);
  });

  it("keeps sealed state out of the files in clear", async () => {
    const w = world();
    const canary = "canary-7d1f0c";
    const state = w.store.state("c");
    await state.set("token", { secret: canary }, { sealed: true });
    await state.compareAndSet("other", undefined, canary, { sealed: true });

    expect(await state.get("token")).toEqual({ secret: canary });
    expect(await state.compareAndSet("token", { secret: canary }, `${canary}-2`, { sealed: true })).toBe(true);
    expect((await state.list("")).map((row) => row.value)).toEqual([canary, `${canary}-2`]);
    if (w.under.rawContents === undefined) return;
    await w.store.close();
    const raw = await w.under.rawContents();
    expect(raw.includes("token")).toBe(true);
    expect(raw.includes(canary)).toBe(false);
  });

  it("gives a lease to one owner at a time, numbered", async () => {
    const w = world();
    const first = await w.store.acquireLease("account", "a", 5000);

    expect(await w.store.acquireLease("account", "b", 5000)).toBeUndefined();
    expect(await w.store.acquireLease("account", "a", 5000)).toBe(first);
    w.advance(5001);
    const second = await w.store.acquireLease("account", "b", 5000);

    expect(second).toBeGreaterThan(first!);
    expect(await w.store.acquireLease("account", "a", 5000)).toBeUndefined();
  });

  it("frees a lease at its owner's word only, and goes on counting", async () => {
    const w = world();
    const first = await w.store.acquireLease("account", "a", 5000);

    await w.store.releaseLease("account", "b");
    expect(await w.store.acquireLease("account", "b", 5000)).toBeUndefined();
    await w.store.releaseLease("account", "a");

    expect(await w.store.acquireLease("account", "a", 5000)).toBeGreaterThan(first!);
  });

  it("takes back what a worker holds that stopped", async () => {
    const w = world();
    await w.say("ann", "one");
    await w.store.heartbeat("gateway-1", 10_000);
    const turn = await w.claimTurn();
    w.advance(9000);
    await w.store.heartbeat("gateway-2", 10_000);
    expect(await w.claimTurns()).toEqual([]);

    w.advance(2000);
    await w.store.heartbeat("gateway-2", 10_000);
    w.worker = "gateway-2";
    const taken = await w.claimTurn();

    expect(taken.id).toBe(turn.id);
    expect(taken.claim.number).toBeGreaterThan(turn.claim.number);
    await expect(w.answer(turn, "late")).rejects.toThrow("taken over");
  });

  it("keeps what a worker holds that renews", async () => {
    const w = world();
    await w.say("ann", "one");
    const turn = await w.claimTurn();
    for (let beat = 0; beat < 5; beat++) {
      await w.store.heartbeat("gateway-1", 10_000);
      await w.store.heartbeat("gateway-2", 10_000);
      w.advance(8000);
    }

    await w.answer(turn, "in time");

    expect(await w.sendAll()).toEqual(["in time"]);
  });

  it("frees a worker's claims at an orderly end", async () => {
    const w = world();
    await w.answered("ann", "one");
    await w.say("ben", "hi");
    await w.claimTurn();
    await w.claimDelivery();

    await w.store.releaseWorker(w.worker);
    w.worker = "gateway-2";

    expect(await w.claimTurns()).toHaveLength(1);
    expect(await w.claimDeliveries()).toHaveLength(1);
  });

  it("keeps rows of media by id, and says when the last one of a file is gone", async () => {
    const w = world();
    const row = { sha256: "hash", mime: "image/png", bytes: 5, createdAt: w.now() };
    await w.store.media.put({ ...row, id: "med1", filename: "a.png", conversation: "c|a|direct|p" });
    await w.store.media.put({ ...row, id: "med2", createdAt: row.createdAt + 10 });
    await w.store.media.put({ ...row, id: "med1", mime: "text/plain" });

    expect(await w.store.media.get("med1")).toMatchObject({ mime: "image/png", filename: "a.png" });
    expect(await w.store.media.get("none")).toBeUndefined();
    expect((await w.store.media.expired(row.createdAt + 5)).map((media) => media.id)).toEqual(["med1"]);
    expect(await w.store.media.uses("hash")).toBe(2);
    expect(await w.store.media.remove("med1")).toBe(false);
    expect(await w.store.media.remove("med1")).toBe(false);
    expect(await w.store.media.remove("med2")).toBe(true);
    expect(await w.store.media.uses("hash")).toBe(0);
  });

  it("removes what is older than its keeping, and nothing that still matters", async () => {
    const w = world();
    const week = 7 * 24 * 3_600_000;
    await w.answered("ann", "done");
    await w.sendAll();
    await w.happen(w.event("ann", "entered", { id: "e1" }));
    await w.answered("cleo", "deferred");
    await w.claimDeliveries({ sendsPerInbound: 0 });
    await w.say("ben", "waits", { id: "ben-1" });
    await w.store.state("c").set("k", 1, { ttlMs: 5 });
    w.advance(week - 1000);
    await w.store.prune(0);
    expect((await w.say("ben", "waits", { id: "ben-1" })).duplicates).toBe(1);
    expect((await w.store.query.deliveries({ limit: 10 })).items).toHaveLength(2);

    w.advance(2000);
    await w.happen(w.event("ann", "entered", { id: "e2" }));
    await w.store.prune(0);

    expect((await w.store.query.events({ limit: 10 })).items.map((row) => row.event.id)).toEqual(["e2"]);
    expect((await w.store.query.deliveries({ limit: 10 })).items.map((row) => row.state)).toEqual(["deferred"]);
    expect((await w.store.query.counts()).waitingMessages).toBe(1);
    await w.say("cleo", "hi");
    expect(await w.sendAll()).toEqual(["deferred"]);
    expect(await w.claimTurns()).toHaveLength(2);
  });
}
