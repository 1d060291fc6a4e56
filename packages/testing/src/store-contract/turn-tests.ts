import { StaleClaimError } from "@wxgate/core";
import { expect, it } from "vitest";
import { PROBLEM, textsOf, type World } from "./world.ts";

/** A turn under its claim, until it is completed. */
export function turnTests(world: () => World): void {
  it("tells since when its attempts have failed, and not before one did", async () => {
    const w = world();
    await w.say("ann", "hi");
    const first = await w.claimTurn();
    await w.store.releaseTurn(first.claim, 0, undefined, { keepAttempt: true });
    const second = await w.claimTurn();
    w.advance(5_000);
    await w.store.releaseTurn(second.claim, 0, PROBLEM);
    const third = await w.claimTurn();
    w.advance(5_000);
    await w.store.releaseTurn(third.claim, 0, PROBLEM);

    const fourth = await w.claimTurn();

    expect([first, second].map(({ failingSince }) => failingSince)).toEqual([undefined, undefined]);
    expect(third.failingSince).toBeGreaterThanOrEqual(first.createdAt + 5_000);
    expect(fourth.failingSince).toBe(third.failingSince);
  });

  it("gives a released turn out again with the same messages, as the next attempt", async () => {
    const w = world();
    await w.say("ann", "one");
    const turn = await w.claimTurn();
    await w.say("ann", "two");
    await w.store.releaseTurn(turn.claim, 5000, PROBLEM);

    expect(await w.claimTurns()).toEqual([]);
    w.advance(5001);
    const again = await w.claimTurn();

    expect(again.id).toBe(turn.id);
    expect(again.attempt).toBe(2);
    expect(again.session).toBe(turn.session);
    expect(again.claim.number).toBeGreaterThan(turn.claim.number);
    expect(textsOf(again)).toEqual(["one"]);
    await w.answer(again, "at last");
    expect(textsOf(await w.claimTurn())).toEqual(["two"]);
  });

  it("does not count an attempt that was none", async () => {
    const w = world();
    await w.say("ann", "one");
    const turn = await w.claimTurn();

    await w.store.releaseTurn(turn.claim, 0, undefined, { keepAttempt: true });

    expect((await w.claimTurn()).attempt).toBe(1);
  });

  it("refuses whatever comes under a claim that is over", async () => {
    const w = world();
    await w.say("ann", "one");
    const old = await w.claimTurn();
    await w.store.releaseTurn(old.claim, 0);
    const current = await w.claimTurn();
    const messageId = old.messages[0]!.id;

    await expect(w.answer(old, "too late")).rejects.toThrow(StaleClaimError);
    await expect(w.store.releaseTurn(old.claim, 0)).rejects.toThrow(StaleClaimError);
    await expect(w.store.addReply(old.claim, 1, w.reply("x"))).rejects.toThrow(StaleClaimError);
    await expect(w.store.saveStream(old.claim, { id: "s" })).rejects.toThrow(StaleClaimError);
    await expect(w.store.saveContent(old.claim, messageId, [])).rejects.toThrow(StaleClaimError);
    await w.answer(current, "in time");
    await expect(w.answer(current, "twice")).rejects.toThrow(StaleClaimError);

    expect(await w.sendAll()).toEqual(["in time"]);
  });

  it("keeps a turn's content, stream and shown text for the next attempt", async () => {
    const w = world();
    await w.say("ann", "", { content: [{ kind: "image", media: { ref: { id: 1 } } }] });
    const turn = await w.claimTurn();
    const media = { id: "med1", mime: "image/png", bytes: 3, sha256: "abc" };
    await w.store.saveContent(turn.claim, turn.messages[0]!.id, [{ kind: "image", media }]);
    await w.store.saveStream(turn.claim, { streamId: "s1" });
    await w.store.saveStream(turn.claim, { streamId: "s1" }, "I think");
    await w.store.saveStream(turn.claim, { streamId: "s1" });
    await w.store.releaseTurn(turn.claim, 0);

    const again = await w.claimTurn();

    expect(again.messages[0]?.message.content).toEqual([{ kind: "image", media }]);
    expect(again).toMatchObject({ stream: { streamId: "s1" }, shown: "I think" });
  });

  it("does not store a reply again that an earlier attempt stored", async () => {
    const w = world();
    await w.say("ann", "one");
    const turn = await w.claimTurn();
    await w.store.addReply(turn.claim, 0, w.reply("working on it"));
    await w.store.releaseTurn(turn.claim, 0);

    const again = await w.claimTurn();
    await w.store.addReply(again.claim, 0, w.reply("working on it"));
    await w.store.addReply(again.claim, 1, w.reply("nearly there"));
    await w.answer(again, "done");

    expect(again.replied).toBe(1);
    expect(await w.sendAll()).toEqual(["working on it", "nearly there", "done"]);
  });

  it("stores the reply with the end of the turn, and what it answers", async () => {
    const w = world();
    await w.say("ann", "one", { id: "m1", handle: { token: "t1" } });
    await w.say("ann", "two", { id: "m2", handle: { token: "t2" } });
    const turn = await w.claimTurn();

    await w.answer(turn, "answer");

    const delivery = await w.claimDelivery();
    expect(delivery).toMatchObject({ turnId: turn.id, answers: ["m1", "m2"], attempt: 1, staged: false });
    expect(delivery.handles.map((handle) => handle.data)).toEqual([{ token: "t2" }, { token: "t1" }]);
  });

  it("hands over as many reply handles as are of use to the channel, the newest first", async () => {
    const w = world();
    for (const n of [1, 2, 3]) await w.say("ann", `${n}`, { id: `m${n}`, handle: { token: `t${n}` } });
    const policy = { handles: 2 };

    const [turn] = await w.claimTurns(1, undefined, policy);
    await w.answer(turn!, "answer");
    const [delivery] = await w.claimDeliveries(policy);

    for (const claimed of [turn, delivery]) {
      expect(claimed?.handles.map((handle) => handle.data)).toEqual([{ token: "t3" }, { token: "t2" }]);
    }
  });

  it("stores nothing of a turn whose end fails", async () => {
    const w = world();
    await w.say("ann", "one");
    const turn = await w.claimTurn();
    const reply = w.reply("a", "b");
    const broken = { ...reply, deliveries: [reply.deliveries[0]!, { ...reply.deliveries[1]!, id: null as never }] };

    await expect(w.store.completeTurn(turn.claim, { outcome: "answered", reply: broken })).rejects.toThrow();

    expect(await w.claimDeliveries()).toEqual([]);
    await w.answer(turn, "whole");
    expect(await w.sendAll()).toEqual(["whole"]);
  });

  it("hands over the quota with the turn", async () => {
    const w = world();
    await w.answered("ann", "one", "two");
    await w.store.completeDelivery((await w.claimDelivery()).claim, {});
    const before = w.now();
    await w.say("ben", "other");
    await w.claimTurn();

    const quota = await w.store.quota(w.address("ann"));

    expect(quota).toMatchObject({ sendsSinceInbound: 1, waiting: 1 });
    expect(quota.lastInboundAt).toBeLessThanOrEqual(before);
    expect(await w.store.quota(w.address("nobody"))).toEqual({ sendsSinceInbound: 0, waiting: 0 });
  });

  it("gives a turn back whole when the process dies", async () => {
    const w = world();
    await w.say("ann", "one");
    const turn = await w.claimTurn();
    await w.store.saveStream(turn.claim, { streamId: "s1" }, "half an ans");

    await w.crash();
    await w.store.releaseWorker(w.worker);
    const again = await w.claimTurn();

    expect(again).toMatchObject({ id: turn.id, attempt: 2, shown: "half an ans" });
    expect(again.claim.number).toBeGreaterThan(turn.claim.number);
    expect(textsOf(again)).toEqual(["one"]);
  });
}
