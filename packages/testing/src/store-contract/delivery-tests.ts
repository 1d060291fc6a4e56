import { StaleClaimError } from "@wxgate/core";
import { expect, it } from "vitest";
import { CHANNEL, PROBLEM, textOfPiece, type World } from "./world.ts";

/** One delivery at a time in a conversation, in order, until each has an honest end. */
export function deliveryTests(world: () => World): void {
  it("sends the pieces of a conversation in order, one at a time", async () => {
    const w = world();
    await w.answered("ann", "one", "two", "three");

    const first = await w.claimDelivery();
    expect(await w.claimDeliveries()).toEqual([]);
    await w.store.completeDelivery(first.claim, { platformId: "p1" });

    expect(textOfPiece(first)).toBe("one");
    expect(await w.sendAll()).toEqual(["two", "three"]);
  });

  it("sends to several conversations at a time, within the limit", async () => {
    const w = world();
    await w.answered("ann", "to Ann");
    w.advance(10);
    await w.answered("ben", "to Ben");
    w.advance(10);
    await w.answered("cleo", "to Cleo");

    expect((await w.claimDeliveries(undefined, 2)).map(textOfPiece)).toEqual(["to Ann", "to Ben"]);
    expect((await w.claimDeliveries()).map(textOfPiece)).toEqual(["to Cleo"]);
  });

  it("keeps the order of replies however they came about", async () => {
    const w = world();
    await w.say("ann", "hi");
    const turn = await w.claimTurn();
    await w.store.addReply(turn.claim, 1, w.reply("now"));
    await w.store.enqueue(w.address("ann"), w.reply("a notice"));
    await w.answer(turn, "the answer");

    expect(await w.sendAll()).toEqual(["now", "a notice", "the answer"]);
  });

  it("queues to somebody who never wrote", async () => {
    const w = world();
    const everyone = { channel: CHANNEL, account: "kf1", kind: "audience" as const, peer: "@all" };

    await w.store.enqueue(everyone, w.reply("news"), { source: "schedule", answers: ["q1"] });

    expect(await w.claimDelivery()).toMatchObject({ conversation: everyone, answers: ["q1"], handles: [] });
  });

  it("does not store a reply or a delivery of a known id again", async () => {
    const w = world();
    const reply = w.reply("once");

    await w.store.enqueue(w.address("ann"), reply);
    await w.store.enqueue(w.address("ann"), reply);

    expect(await w.sendAll()).toEqual(["once"]);
  });

  it("lets a piece be due later, and those behind it wait", async () => {
    const w = world();
    const reply = w.reply("slow", "behind");
    const [slow, behind] = reply.deliveries;
    await w.store.enqueue(w.address("ann"), { ...reply, deliveries: [{ ...slow!, dueInMs: 3000 }, behind!] });

    expect(await w.claimDeliveries()).toEqual([]);
    w.advance(3001);

    expect(await w.sendAll()).toEqual(["slow", "behind"]);
  });

  it("tells whether more wait behind", async () => {
    const w = world();
    await w.answered("ann", "one", "two");

    const first = await w.claimDelivery();
    await w.store.completeDelivery(first.claim, {});
    const second = await w.claimDelivery();

    expect([first.moreWaiting, second.moreWaiting]).toEqual([true, false]);
  });

  it("sends the staged bytes again on a repeat", async () => {
    const w = world();
    await w.say("ann", "hi");
    const turn = await w.claimTurn();
    const reply = w.reply("plain");
    const streamed = { ...reply, deliveries: [{ ...reply.deliveries[0]!, stream: { streamId: "s" } }] };
    await w.store.completeTurn(turn.claim, { outcome: "answered", reply: streamed });
    const first = await w.claimDelivery();
    const staged = { content: [{ kind: "image" as const, mediaId: "uploaded-1" }] };
    await w.store.stageDelivery(first.claim, staged, "more-waits");
    await w.store.retryDelivery(first.claim, 1000, PROBLEM);

    w.advance(1001);
    const again = await w.claimDelivery();

    expect(first).toMatchObject({ staged: false, stream: { streamId: "s" } });
    expect(again).toMatchObject({ id: first.id, replyId: first.replyId, attempt: 2, piece: staged, staged: true });
    expect(again).toMatchObject({ note: "more-waits", stream: { streamId: "s" } });
    expect(again.claim.number).toBeGreaterThan(first.claim.number);
  });

  it("goes back to the piece as prepared when what was staged is no longer good", async () => {
    const w = world();
    await w.answered("ann", "one");
    const first = await w.claimDelivery();
    await w.store.stageDelivery(first.claim, { content: [{ kind: "image", mediaId: "gone" }] }, "more-waits");
    await w.store.stageDelivery(first.claim, undefined);
    await w.store.retryDelivery(first.claim, 0, PROBLEM);

    const again = await w.claimDelivery();

    expect(again.staged).toBe(false);
    expect(again).not.toHaveProperty("note");
    expect(textOfPiece(again)).toBe("one");
  });

  it("keeps the others waiting while the head waits for its next attempt", async () => {
    const w = world();
    await w.answered("ann", "one", "two");
    const first = await w.claimDelivery();

    await w.store.retryDelivery(first.claim, 5000, PROBLEM);

    expect(await w.claimDeliveries()).toEqual([]);
    expect(await w.store.query.delivery(first.id)).toMatchObject({ state: "queued", attempt: 1, error: PROBLEM });
    w.advance(5001);
    expect(await w.sendAll()).toEqual(["one", "two"]);
  });

  it("does not count an attempt that was none", async () => {
    const w = world();
    await w.answered("ann", "one");
    const first = await w.claimDelivery();

    await w.store.retryDelivery(first.claim, 0, PROBLEM, { keepAttempt: true });

    expect((await w.claimDelivery()).attempt).toBe(1);
  });

  it("records what the platform said", async () => {
    const w = world();
    await w.answered("ann", "one");
    const delivery = await w.claimDelivery();
    expect(await w.stateOf(delivery.id)).toBe("sending");

    await w.store.completeDelivery(delivery.claim, { platformId: "p1", unconfirmed: true, refused: ["zoe"] });

    expect(await w.store.query.delivery(delivery.id)).toMatchObject({ state: "accepted", platformId: "p1" });
    const timeline = await w.store.query.timeline(delivery.id);
    expect(timeline?.at(-1)).toMatchObject({ detail: { unconfirmed: true, refused: ["zoe"] } });
  });

  it("refuses whatever comes under a claim that is over", async () => {
    const w = world();
    await w.answered("ann", "one");
    const old = await w.claimDelivery();
    await w.store.retryDelivery(old.claim, 0, PROBLEM);
    const current = await w.claimDelivery();

    await expect(w.store.completeDelivery(old.claim, {})).rejects.toThrow(StaleClaimError);
    await expect(w.store.retryDelivery(old.claim, 0, PROBLEM)).rejects.toThrow(StaleClaimError);
    await expect(w.store.stageDelivery(old.claim, undefined)).rejects.toThrow(StaleClaimError);
    await expect(w.store.failDelivery(old.claim, PROBLEM)).rejects.toThrow(StaleClaimError);
    await expect(w.store.deferDelivery(old.claim, { until: "customer", error: PROBLEM })).rejects.toThrow(
      StaleClaimError,
    );
    await w.store.completeDelivery(current.claim, {});
    await expect(w.store.completeDelivery(current.claim, {})).rejects.toThrow(StaleClaimError);
  });

  it("repeats a delivery whose outcome a crash left unknown, and says so", async () => {
    const w = world();
    await w.answered("ann", "one", "two");
    const first = await w.claimDelivery();

    await w.crash();
    await w.store.releaseWorker(w.worker);
    const again = await w.claimDelivery();

    expect(again).toMatchObject({ id: first.id, attempt: 2 });
    const timeline = await w.store.query.timeline(first.id);
    expect(timeline?.map((entry) => entry.what)).toContain("delivery unknown");
    await w.store.completeDelivery(again.claim, {});
    expect(await w.sendAll()).toEqual(["two"]);
  });

  it("sends nothing of a paused account until it is resumed", async () => {
    const w = world();
    await w.answered("ann", "one");
    await w.store.pauseAccount(CHANNEL, "kf1", PROBLEM);
    await w.store.enqueue(w.address("ben"), w.reply("to Ben"));
    await w.store.enqueue(w.address("zoe", { account: "kf2" }), w.reply("other account"));

    expect((await w.claimDeliveries()).map(textOfPiece)).toEqual(["other account"]);
    expect(await w.store.pausedAccounts()).toMatchObject([{ channel: CHANNEL, account: "kf1", error: PROBLEM }]);
    await w.store.resumeAccount(CHANNEL, "kf1");

    expect(await w.store.pausedAccounts()).toEqual([]);
    expect([...(await w.sendAll())].sort()).toEqual(["one", "to Ben"]);
  });

  it("ends a pause when its time is over", async () => {
    const w = world();
    await w.answered("ann", "one");
    const delivery = await w.claimDelivery();
    await w.store.pauseAccount(CHANNEL, "kf1", PROBLEM, w.now() + 5000);
    await w.store.retryDelivery(delivery.claim, 0, PROBLEM, { keepAttempt: true, unsent: true });

    expect(await w.claimDeliveries()).toEqual([]);
    w.advance(6000);

    expect(await w.claimDelivery()).toMatchObject({ id: delivery.id, attempt: 1 });
    expect(await w.store.pausedAccounts()).toEqual([]);
  });

  it("works a tied channel only where its account is connected", async () => {
    const w = world();
    await w.answered("ann", "one");
    const claim = (accounts: readonly string[]) =>
      w.store.claimDeliveries({
        worker: w.worker,
        limit: 10,
        channels: [CHANNEL],
        policies: new Map(),
        tied: new Map([[CHANNEL, new Set(accounts)]]),
      });

    expect(await claim(["kf2"])).toEqual([]);
    expect((await claim(["kf1"])).map(textOfPiece)).toEqual(["one"]);
  });
}
