import { expect, it } from "vitest";
import { PROBLEM, textOfPiece, type World } from "./world.ts";

/** What died, was discarded or failed late, and how it goes again. */
export function endingTests(world: () => World): void {
  it("buries the later pieces of a reply with the one that died; later replies go on", async () => {
    const w = world();
    await w.answered("ann", "one", "two", "three");
    await w.store.enqueue(w.address("ann"), w.reply("another reply"));
    const first = await w.claimDelivery();

    await w.store.failDelivery(first.claim, PROBLEM);

    expect(await w.sendAll()).toEqual(["another reply"]);
    const dead = (await w.store.query.deliveries({ limit: 10, state: "dead" })).items;
    expect(dead.map(textOfPiece).sort()).toEqual(["one", "three", "two"]);
    expect(dead.find((row) => row.id === first.id)?.error).toEqual(PROBLEM);
    expect(dead.every((row) => row.error !== undefined)).toBe(true);
  });

  it("leaves pieces that were sent before a later one died", async () => {
    const w = world();
    await w.answered("ann", "one", "two");
    const first = await w.claimDelivery();
    await w.store.completeDelivery(first.claim, {});

    await w.store.failDelivery((await w.claimDelivery()).claim, PROBLEM);

    expect(await w.stateOf(first.id)).toBe("accepted");
  });

  it("re-drives a dead delivery behind what waits already", async () => {
    const w = world();
    await w.answered("ann", "one");
    const first = await w.claimDelivery();
    await w.store.failDelivery(first.claim, PROBLEM);
    await w.store.enqueue(w.address("ann"), w.reply("newer"));

    expect(await w.store.redriveDelivery(first.id)).toBe(true);

    const claimed = await w.claimDelivery();
    expect(textOfPiece(claimed)).toBe("newer");
    await w.store.completeDelivery(claimed.claim, {});
    expect(await w.claimDelivery()).toMatchObject({ id: first.id, attempt: 1 });
  });

  it("re-drives nothing that waits, was taken by the platform, or does not exist", async () => {
    const w = world();
    await w.answered("ann", "one", "two");
    const first = await w.claimDelivery();
    expect(await w.store.redriveDelivery(first.id)).toBe(false);
    await w.store.completeDelivery(first.claim, {});

    expect(await w.store.redriveDelivery(first.id)).toBe(false);
    expect(await w.store.redriveDelivery("nothing")).toBe(false);
    expect(await w.sendAll()).toEqual(["two"]);
  });

  it("has a failed turn's agent asked again, from the first attempt", async () => {
    const w = world();
    await w.say("ann", "one");
    const turn = await w.claimTurn();
    await w.store.completeTurn(turn.claim, { outcome: "failed", error: PROBLEM });
    const { items } = await w.store.query.failedTurns({ limit: 10 });
    expect(items).toMatchObject([
      { id: turn.id, conversation: w.address("ann"), messages: [turn.messages[0]?.id], attempt: 1, error: PROBLEM },
    ]);

    expect(await w.store.redriveTurn(turn.id)).toBe(true);

    const again = await w.claimTurn();
    expect(again).toMatchObject({ id: turn.id, attempt: 1, messages: turn.messages });
    await w.store.completeTurn(again.claim, { outcome: "answered" });
    expect((await w.store.query.failedTurns({ limit: 10 })).items).toEqual([]);
    expect(await w.store.redriveTurn(turn.id)).toBe(false);
  });

  it("asks no agent again beside a turn at work, where a human serves, or where nothing failed", async () => {
    const w = world();
    await w.say("ann", "one");
    const turn = await w.claimTurn();
    expect(await w.store.redriveTurn(turn.id)).toBe(false);
    await w.store.completeTurn(turn.claim, { outcome: "failed", error: PROBLEM });
    await w.say("ann", "two");
    const next = await w.claimTurn();

    expect(await w.store.redriveTurn(turn.id)).toBe(false);
    expect(await w.store.redriveTurn("nothing")).toBe(false);
    await w.store.completeTurn(next.claim, { outcome: "silent" });
    await w.store.setServedBy(w.address("ann"), "human");
    expect(await w.store.redriveTurn(turn.id)).toBe(false);
    await w.store.setServedBy(w.address("ann"), "bot");

    expect(await w.store.redriveTurn(turn.id)).toBe(true);
  });

  it("sends what failed late under a new id, since the platform may know the old one", async () => {
    const w = world();
    await w.answered("ann", "one");
    const first = await w.claimDelivery();
    await w.store.completeDelivery(first.claim, { platformId: "p1" });
    await w.happen(w.event("ann", "delivery-failed", { platformId: "p1", reason: "refused by the person" }));
    expect(await w.stateOf(first.id)).toBe("failed-late");

    expect(await w.store.redriveDelivery(first.id)).toBe(true);

    const again = await w.claimDelivery();
    expect(again.id).not.toBe(first.id);
    expect(again.id).toMatch(/^[0-9A-Za-z_-]{1,32}$/);
    expect(textOfPiece(again)).toBe("one");
    expect(await w.stateOf(first.id)).toBe("discarded");
    expect(await w.store.redriveDelivery(first.id)).toBe(false);
  });

  it("discards what waits or died, not what is being sent", async () => {
    const w = world();
    await w.answered("ann", "one", "two", "three");
    const first = await w.claimDelivery();
    const second = (await w.store.query.deliveries({ limit: 10 })).items.find((row) => textOfPiece(row) === "two");

    expect(await w.store.discardDelivery(first.id)).toBe(false);
    expect(await w.store.discardDelivery(second!.id)).toBe(true);
    expect(await w.store.discardDelivery("nothing")).toBe(false);
    await w.store.completeDelivery(first.claim, {});

    expect(await w.sendAll()).toEqual(["three"]);
    expect(await w.stateOf(second!.id)).toBe("discarded");
  });

  it("tells how an answer that waits would be sent, and nothing of one that does not wait", async () => {
    const w = world();
    await w.say("ann", "hello", { id: "m-1", handle: { req: "r-1" } });
    const turn = await w.claimTurn();
    const said = w.reply("on the way");
    await w.store.addReply(turn.claim, 0, said);
    const { deliveries, ...rest } = w.reply("one");
    const withStream = deliveries.map((delivery) => ({ ...delivery, stream: { bubble: "b1" } }));
    await w.store.completeTurn(turn.claim, { outcome: "answered", reply: { ...rest, deliveries: withStream } });

    const answer = await w.store.unsentDelivery(deliveries[0]?.id ?? "");
    expect(answer).toMatchObject({
      conversation: w.address("ann"),
      answers: ["m-1"],
      handles: [{ messageId: "m-1", data: { req: "r-1" } }],
      stream: { bubble: "b1" },
    });
    expect(answer).not.toHaveProperty("early");
    expect(await w.store.unsentDelivery(said.deliveries[0]?.id ?? "")).toMatchObject({ early: true });
    expect(await w.store.unsentDelivery("nothing")).toBeUndefined();

    const first = await w.claimDelivery();
    expect(first.early).toBe(true);
    expect(await w.store.unsentDelivery(first.id)).toBeUndefined();
    await w.store.completeDelivery(first.claim, {});
    expect(await w.claimDelivery()).not.toHaveProperty("early");
  });

  it("goes on behind a discarded head", async () => {
    const w = world();
    await w.answered("ann", "one", "two");
    const first = await w.claimDelivery();
    await w.store.retryDelivery(first.claim, 60_000, PROBLEM);

    await w.store.discardDelivery(first.id);

    expect(await w.sendAll()).toEqual(["two"]);
  });

  it("marks a delivery that the platform reports as failed afterwards", async () => {
    const w = world();
    await w.answered("ann", "one");
    const delivery = await w.claimDelivery();
    await w.store.completeDelivery(delivery.claim, { platformId: "p1" });

    await w.happen(w.event("ann", "delivery-failed", { platformId: "p1", reason: "the person refused it" }));

    expect(await w.store.query.delivery(delivery.id)).toMatchObject({
      state: "failed-late",
      error: { message: "the person refused it" },
    });
  });

  it("marks it also when the report overtakes the answer to the call", async () => {
    const w = world();
    await w.answered("ann", "one");
    const delivery = await w.claimDelivery();

    await w.happen(w.event("ann", "delivery-failed", { platformId: delivery.id, reason: "refused" }));
    await w.store.completeDelivery(delivery.claim, { platformId: delivery.id });

    expect(await w.stateOf(delivery.id)).toBe("failed-late");
  });
}
