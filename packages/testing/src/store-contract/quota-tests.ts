import { expect, it } from "vitest";
import { ACCOUNT, CHANNEL, PROBLEM, textOfPiece, type World } from "./world.ts";

const HOUR_MS = 3_600_000;

/** The platform's windows, quotas and rates; humans at work; what waits for the customer. */
export function quotaTests(world: () => World): void {
  it("counts each send and says how many are left", async () => {
    const w = world();
    await w.answered("ann", "one", "two");

    const first = await w.claimDelivery({ sendsPerInbound: 5 });
    await w.store.completeDelivery(first.claim, {});
    const second = await w.claimDelivery({ sendsPerInbound: 5 });

    expect([first.sendsLeft, second.sendsLeft]).toEqual([4, 3]);
    expect((await w.store.quota(w.address("ann"))).sendsSinceInbound).toBe(2);
  });

  it("tells how much of the limits an account has used", async () => {
    const w = world();
    const policy = { windowMs: 48 * HOUR_MS, sendsPerInbound: 2 };
    await w.answered("ann", "one", "two");
    await w.answered("bea", "three");
    await w.sendAll(policy);

    expect(await w.store.query.quotaUse(CHANNEL, policy)).toEqual([
      { account: ACCOUNT, open: 2, usedUp: 1, minute: 2, hour: 2 },
    ]);
    w.advance(HOUR_MS + 1);
    expect(await w.store.query.quotaUse(CHANNEL, policy)).toEqual([
      { account: ACCOUNT, open: 2, usedUp: 1, minute: 0, hour: 0 },
    ]);
    w.advance(48 * HOUR_MS);
    expect(await w.store.query.quotaUse(CHANNEL, policy)).toEqual([]);
    expect(await w.store.query.quotaUse("another", policy)).toEqual([]);
  });

  it("says nothing of sends left where the platform has no limit", async () => {
    const w = world();
    await w.answered("ann", "one");

    expect(await w.claimDelivery({ perMinute: 10 })).not.toHaveProperty("sendsLeft");
  });

  it("defers what exceeds the quota and sends it first when the customer writes", async () => {
    const w = world();
    await w.answered("ann", "one", "two", "three");
    await w.store.enqueue(w.address("ann"), w.reply("a later reply"));

    expect(await w.sendAll({ sendsPerInbound: 2 })).toEqual(["one", "two"]);
    const [third] = (await w.store.query.deliveries({ limit: 10, state: "deferred" })).items.slice(-1);
    expect(third?.error?.code).toBe("delivery.quota-used");
    expect((await w.store.quota(w.address("ann"))).waiting).toBe(2);
    await w.say("ann", "go on");
    await w.answer(await w.claimTurn(), "newest");

    expect(await w.sendAll({ sendsPerInbound: 5 })).toEqual(["three", "a later reply", "newest"]);
  });

  it("refuses nothing for a channel that counts itself, and still says when none are left", async () => {
    const w = world();
    await w.answered("ann", "one", "two", "three");

    const policy = { sendsPerInbound: 2, countsItself: true } as const;
    const left: (number | undefined)[] = [];
    for (let send = 0; send < 3; send += 1) {
      const delivery = await w.claimDelivery(policy);
      left.push(delivery.sendsLeft);
      await w.store.completeDelivery(delivery.claim, {});
    }

    expect(left).toEqual([1, 0, 0]);
  });

  it("joins behind deferred pieces what is queued meanwhile", async () => {
    const w = world();
    await w.answered("ann", "one", "two");
    await w.sendAll({ sendsPerInbound: 1 });

    await w.store.enqueue(w.address("ann"), w.reply("newer"));

    expect(await w.claimDeliveries({ sendsPerInbound: 1 })).toEqual([]);
    await w.say("ann", "hi again");
    expect(await w.sendAll({ sendsPerInbound: 9 })).toEqual(["two", "newer"]);
  });

  it("wakes deferred deliveries by any message, whatever becomes of it", async () => {
    const w = world();
    await w.answered("ann", "one", "two");
    await w.sendAll({ sendsPerInbound: 1 });
    const wakes: string[] = [];
    w.store.onWake((wake) => wakes.push(wake));

    w.advance(1000);
    await w.say("ann", "kept only", { as: "history" });

    expect(wakes).toContain("deliveries");
    expect(await w.sendAll({ sendsPerInbound: 1 })).toEqual(["two"]);
  });

  it("takes a bare continue for a wake-up while something is deferred, for a turn otherwise", async () => {
    const w = world();
    await w.answered("ann", "one", "two");
    await w.sendAll({ sendsPerInbound: 1 });

    await w.say("ann", "继续", { as: "resume" });
    expect(await w.claimTurns()).toEqual([]);
    expect(await w.sendAll({ sendsPerInbound: 1 })).toEqual(["two"]);
    await w.say("ann", "继续", { as: "resume" });

    expect(await w.claimTurns()).toHaveLength(1);
  });

  it("takes a continue for a wake-up once the person was told that more waits, before the rest was tried", async () => {
    const w = world();
    const policy = { sendsPerInbound: 1, countsItself: true } as const;
    await w.answered("ann", "one", "two");
    const first = await w.claimDelivery(policy);
    await w.store.stageDelivery(first.claim, undefined, "more-waits");

    await w.say("ann", "继续", { as: "resume" });
    expect(await w.claimTurns()).toEqual([]);
    await w.store.completeDelivery(first.claim, {});
    await w.say("ann", "继续", { as: "resume" });
    expect(await w.claimTurns()).toHaveLength(1);
    expect(await w.sendAll(policy)).toEqual(["two"]);
  });

  it("takes a continue for a wake-up while the rest is queued or being refused", async () => {
    const w = world();
    const policy = { sendsPerInbound: 1, countsItself: true } as const;
    for (const person of ["ann", "bea"]) {
      await w.answered(person, "one", "two");
      const first = await w.claimDelivery(policy);
      await w.store.stageDelivery(first.claim, undefined, "more-waits");
      await w.store.completeDelivery(first.claim, {});
      const second = person === "bea" ? await w.claimDelivery(policy) : undefined;

      await w.say(person, "继续", { as: "resume" });
      expect(await w.claimTurns()).toEqual([]);

      if (second !== undefined) await w.store.deferDelivery(second.claim, { until: "customer", error: PROBLEM });
      expect(await w.sendAll(policy)).toEqual(["two"]);
    }
  });

  it("takes a continue for a turn when nobody said that more waits, or nothing does any more", async () => {
    const w = world();
    await w.answered("ann", "one", "two");
    await w.claimDelivery();
    await w.say("ann", "继续", { as: "resume" });
    expect(await w.claimTurns()).toHaveLength(1);

    await w.answered("bea", "one", "two");
    const first = await w.claimDelivery();
    await w.store.stageDelivery(first.claim, undefined, "more-waits");
    await w.store.completeDelivery(first.claim, {});
    await w.sendAll();
    await w.say("bea", "继续", { as: "resume" });
    expect(await w.claimTurns()).toHaveLength(1);
  });

  it("defers when the person's last message is too old, and when there was none", async () => {
    const w = world();
    await w.answered("ann", "too late");
    await w.store.enqueue(w.address("stranger"), w.reply("unasked"));
    w.advance(48 * HOUR_MS + 1);

    expect(await w.claimDeliveries({ windowMs: 48 * HOUR_MS })).toEqual([]);

    const deferred = (await w.store.query.deliveries({ limit: 10, state: "deferred" })).items;
    expect(deferred.map((row) => row.error?.code)).toEqual(["delivery.window-closed", "delivery.window-closed"]);
    await w.say("ann", "hi");
    expect((await w.claimDeliveries({ windowMs: 48 * HOUR_MS })).map(textOfPiece)).toEqual(["too late"]);
  });

  it("applies a policy only to the kinds it is for", async () => {
    const w = world();
    await w.store.enqueue({ ...w.address("g"), kind: "group" }, w.reply("to the group"));

    expect(await w.claimDeliveries({ windowMs: HOUR_MS, kinds: ["direct"] })).toHaveLength(1);
  });

  it("gives a send back that did not happen", async () => {
    const w = world();
    await w.answered("ann", "one");
    const first = await w.claimDelivery({ sendsPerInbound: 1 });
    await w.store.retryDelivery(first.claim, 0, PROBLEM, { unsent: true });

    const again = await w.claimDelivery({ sendsPerInbound: 1 });
    expect(again.id).toBe(first.id);
    await w.store.deferDelivery(again.claim, { until: "customer", error: PROBLEM });

    expect((await w.store.quota(w.address("ann"))).sendsSinceInbound).toBe(0);
  });

  it("keeps a send counted whose outcome is unknown", async () => {
    const w = world();
    await w.answered("ann", "one");
    const first = await w.claimDelivery({ sendsPerInbound: 1 });

    await w.store.retryDelivery(first.claim, 0, PROBLEM);

    expect(await w.claimDeliveries({ sendsPerInbound: 1 })).toEqual([]);
    expect(await w.stateOf(first.id)).toBe("deferred");
  });

  it("counts a send against the new message when the customer writes while it is under way", async () => {
    const w = world();
    await w.answered("ann", "one");
    const first = await w.claimDelivery();

    await w.say("ann", "meanwhile");
    await w.store.completeDelivery(first.claim, {});

    expect((await w.store.quota(w.address("ann"))).sendsSinceInbound).toBe(1);
  });

  it("waits with what the platform refused until the customer writes", async () => {
    const w = world();
    await w.answered("ann", "one", "two");
    const first = await w.claimDelivery();

    await w.store.deferDelivery(first.claim, { until: "customer", error: PROBLEM });

    expect(await w.store.query.delivery(first.id)).toMatchObject({ state: "deferred", error: PROBLEM });
    expect(await w.claimDeliveries()).toEqual([]);
    await w.say("ann", "hi");
    expect(await w.sendAll()).toEqual(["one", "two"]);
  });

  it("does not wait for a message that came while the platform was refusing", async () => {
    const w = world();
    await w.answered("ann", "one");
    const first = await w.claimDelivery();
    await w.say("ann", "here I am");

    await w.store.deferDelivery(first.claim, { until: "customer", error: PROBLEM });

    expect(await w.sendAll()).toEqual(["one"]);
  });

  it("waits until a moment and goes on by itself", async () => {
    const w = world();
    await w.answered("ann", "one", "two");
    const first = await w.claimDelivery();

    await w.store.deferDelivery(first.claim, { until: { at: w.now() + 5000 }, error: PROBLEM });

    expect(await w.stateOf(first.id)).toBe("deferred");
    expect(await w.claimDeliveries()).toEqual([]);
    w.advance(6000);
    expect(await w.sendAll()).toEqual(["one", "two"]);
  });

  it("defers later deliveries when the platform closes the window by a report", async () => {
    const w = world();
    await w.answered("ann", "one", "two");
    const first = await w.claimDelivery();
    await w.store.completeDelivery(first.claim, { platformId: "p1" });

    await w.happen(w.event("ann", "delivery-failed", { platformId: "p1", reason: "window", closesWindow: true }));
    await w.store.enqueue(w.address("ann"), w.reply("three"));

    expect(await w.claimDeliveries()).toEqual([]);
    expect(await w.stateOf(first.id)).toBe("failed-late");
    await w.say("ann", "hi");
    expect(await w.sendAll()).toEqual(["two", "three"]);
  });

  it("lets deferred deliveries die after their time, and with them the rest of their reply", async () => {
    const w = world();
    await w.answered("ann", "one", "two", "three");
    await w.sendAll({ sendsPerInbound: 1 });
    w.advance(72 * HOUR_MS);
    expect(await w.store.expireDeferred(73 * HOUR_MS)).toBe(0);

    expect(await w.store.expireDeferred(71 * HOUR_MS)).toBe(2);

    const dead = (await w.store.query.deliveries({ limit: 10, state: "dead" })).items;
    expect(dead.map(textOfPiece).sort()).toEqual(["three", "two"]);
    await w.say("ann", "hi");
    expect(await w.sendAll()).toEqual([]);
  });

  it("gives a re-driven delivery its whole time again", async () => {
    const w = world();
    await w.answered("ann", "one", "two");
    await w.sendAll({ sendsPerInbound: 1 });
    w.advance(72 * HOUR_MS);
    await w.store.expireDeferred(HOUR_MS);
    const [dead] = (await w.store.query.deliveries({ limit: 10, state: "dead" })).items;

    await w.store.redriveDelivery(dead!.id);
    await w.claimDeliveries({ sendsPerInbound: 1 });

    expect(await w.stateOf(dead!.id)).toBe("deferred");
    expect(await w.store.expireDeferred(HOUR_MS)).toBe(0);
  });

  it("spreads sends over the minute and the hour", async () => {
    const w = world();
    await w.answered("ann", "1", "2", "3", "4");
    const policy = { perMinute: 2, perHour: 3 };

    expect(await w.sendAll(policy)).toEqual(["1", "2"]);
    w.advance(59_000);
    expect(await w.sendAll(policy)).toEqual([]);
    w.advance(2_000);
    expect(await w.sendAll(policy)).toEqual(["3"]);
    w.advance(10 * 60_000);
    expect(await w.sendAll(policy)).toEqual([]);
    w.advance(50 * 60_000);

    expect(await w.sendAll(policy)).toEqual(["4"]);
  });

  it("does not count towards the rate what never left", async () => {
    const w = world();
    await w.answered("ann", "one");
    const first = await w.claimDelivery({ perMinute: 1 });
    await w.store.retryDelivery(first.claim, 0, PROBLEM, { unsent: true });

    expect(await w.sendAll({ perMinute: 1 })).toEqual(["one"]);
  });

  it("keeps the gap between the sends of an account, in the order they were due", async () => {
    const w = world();
    for (const peer of ["ann", "ben", "cleo"]) {
      await w.answered(peer, `to ${peer}`);
      w.advance(1);
    }
    const policy = { gapMs: 1000 };

    expect(await w.sendAll(policy)).toEqual(["to ann"]);
    w.advance(1000);
    expect(await w.sendAll(policy)).toEqual(["to ben"]);
    expect(await w.sendAll(policy)).toEqual([]);
    w.advance(1100);

    expect(await w.sendAll(policy)).toEqual(["to cleo"]);
  });
}
