import { expect, it } from "vitest";
import { CHANNEL, PROBLEM, type World } from "./world.ts";

/** While a human serves, the agent and its deliveries wait. */
export function humanTests(world: () => World): void {
  it("keeps messages as history and lets deliveries wait while a human serves", async () => {
    const w = world();
    await w.answered("ann", "before", "after");
    const before = await w.claimDelivery();

    await w.happen(w.event("ann", "session-changed", { servedBy: "human" }));
    await w.store.completeDelivery(before.claim, {});
    await w.say("ann", "to the human");
    await w.store.enqueue(w.address("ann"), w.reply("a notice"));

    expect(await w.store.servedBy(w.address("ann"))).toBe("human");
    expect(await w.claimTurns()).toEqual([]);
    expect(await w.claimDeliveries()).toEqual([]);
    expect((await w.store.query.counts()).deliveries.deferred).toBe(2);
    await w.happen(w.event("ann", "session-changed", { servedBy: "bot" }));
    expect(await w.sendAll()).toEqual(["after", "a notice"]);
    expect(await w.claimTurns()).toEqual([]);
  });

  it("leaves to the human what waited for the agent", async () => {
    const w = world();
    await w.say("ann", "one");
    const retried = await w.claimTurn();
    await w.store.releaseTurn(retried.claim, 60_000, PROBLEM);
    await w.say("ann", "two");

    await w.store.setServedBy(w.address("ann"), "human");
    w.advance(61_000);

    expect(await w.claimTurns()).toEqual([]);
    await w.store.setServedBy(w.address("ann"), "bot");
    expect(await w.claimTurns()).toEqual([]);
    await w.say("ann", "three");
    expect(await w.claimTurns()).toHaveLength(1);
  });

  it("ends a turn that fails while a human serves", async () => {
    const w = world();
    await w.say("ann", "one");
    const turn = await w.claimTurn();
    await w.store.setServedBy(w.address("ann"), "human");

    await w.store.releaseTurn(turn.claim, 0, PROBLEM);

    expect(await w.claimTurns()).toEqual([]);
    await w.store.setServedBy(w.address("ann"), "bot");
    await w.say("ann", "two");
    expect(await w.claimTurns()).toHaveLength(1);
  });

  it("takes an operator's words for a human at work, and keeps them", async () => {
    const w = world();
    await w.say("ann", "hi");

    const content = [{ kind: "text" as const, text: "I take over" }];
    await w.happen(w.event("ann", "operator-wrote", { id: "op1", operator: "olga", content }));

    expect(await w.store.servedBy(w.address("ann"))).toBe("human");
    expect(await w.claimTurns()).toEqual([]);
    expect(await w.store.find(CHANNEL, "kf1", "op1")).toMatchObject({ direction: "operator", content });
  });

  it("holds a message back from the agent that was written after a human took over, in the same batch", async () => {
    const w = world();
    const event = w.event("ann", "session-changed", { servedBy: "human" });
    w.advance(1000);

    await w.store.accept({ messages: [w.routed("ann", "for the human")], events: [event] });

    expect(await w.claimTurns()).toEqual([]);
  });

  it("sends what a channel deferred for a human as soon as they leave", async () => {
    const w = world();
    await w.answered("ann", "one", "two");
    const first = await w.claimDelivery();
    await w.store.deferDelivery(first.claim, { until: "human-left", error: PROBLEM });
    await w.say("ann", "still there?");
    expect(await w.claimDeliveries()).toEqual([]);

    await w.store.setServedBy(w.address("ann"), "bot");

    expect(await w.sendAll()).toEqual(["one", "two"]);
  });

  it("says of a delivery that it waited while a human served, whether it was queued before or meanwhile", async () => {
    const w = world();
    await w.answered("ann", "before");
    await w.store.setServedBy(w.address("ann"), "human");
    await w.store.enqueue(w.address("ann"), w.reply("meanwhile"));
    await w.store.setServedBy(w.address("ann"), "bot");
    await w.store.enqueue(w.address("ann"), w.reply("after"));

    const waited: unknown[] = [];
    for (const _ of ["before", "meanwhile", "after"]) {
      const delivery = await w.claimDelivery();
      waited.push(delivery.waitedForHuman);
      await w.store.completeDelivery(delivery.claim, {});
    }

    expect(waited).toEqual([true, true, undefined]);
  });

  it("does not wait for a human who left while the platform was refusing", async () => {
    const w = world();
    await w.answered("ann", "one");
    const first = await w.claimDelivery();
    await w.store.setServedBy(w.address("ann"), "bot");

    await w.store.deferDelivery(first.claim, { until: "human-left", error: PROBLEM });

    expect(await w.sendAll()).toEqual(["one"]);
  });
}
