import { expect, it } from "vitest";
import { ACCOUNT, CHANNEL, textsOf, type World } from "./world.ts";

/** Point A: what is stored, once, and with what it moves. */
export function acceptTests(world: () => World): void {
  it("stores a message once, however often the platform hands it out", async () => {
    const w = world();

    const first = await w.say("ann", "hi", { id: "m1" });
    const again = await w.say("ann", "hi", { id: "m1" });

    expect(first).toEqual({ accepted: 1, duplicates: 0, fresh: new Set(["m1"]) });
    expect(again).toEqual({ accepted: 0, duplicates: 1, fresh: new Set() });
    expect((await w.claimTurn()).messages).toHaveLength(1);
  });

  it("keeps the order in which a person's messages came, though none waits for the one before", async () => {
    const w = world();
    const words = Array.from({ length: 30 }, (_, index) => `word ${index}`);

    await Promise.all(words.map((text) => w.say("ann", text)));

    expect(textsOf(await w.claimTurn())).toEqual(words);
  });

  it("knows a message again within one batch", async () => {
    const w = world();
    const twice = w.routed("ann", "hi", { id: "m1" });

    const result = await w.store.accept({ messages: [twice, twice], events: [] });

    expect(result).toEqual({ accepted: 1, duplicates: 1, fresh: new Set(["m1"]) });
  });

  it("takes the same id of another account or channel for another message", async () => {
    const w = world();

    await w.say("ann", "one", { id: "m1" });
    const otherAccount = await w.say("ann", "two", { id: "m1", account: "kf2" });
    const otherChannel = await w.say("ann", "three", { id: "m1", channel: "other" });

    expect([otherAccount.accepted, otherChannel.accepted]).toEqual([1, 1]);
  });

  it("knows a message again that was first kept as history, and makes no turn of it", async () => {
    const w = world();
    await w.say("ann", "long ago", { id: "m1", as: "history" });

    const again = await w.say("ann", "long ago", { id: "m1" });

    expect(again.duplicates).toBe(1);
    expect(await w.claimTurns()).toEqual([]);
  });

  it("stores an event once, beside messages of the same id", async () => {
    const w = world();
    const entered = w.event("ann", "entered", { id: "x1", scene: "qr" });

    const first = await w.store.accept({ messages: [w.routed("ann", "hi", { id: "m1" })], events: [entered] });
    const again = await w.happen(entered);

    expect(first.fresh).toEqual(new Set(["m1", "x1"]));
    expect(again.fresh).toEqual(new Set());
    expect((await w.store.query.events({ limit: 10 })).items.map((row) => row.event)).toEqual([entered]);
  });

  it("gives back every part of a message as it came", async () => {
    const w = world();
    const message = {
      ...w.message("Ann%|#", "", { id: "9007199254740993", name: "安娜 👩‍👩‍👧" }),
      content: [
        { kind: "text" as const, text: "naïve 🇨🇳 \u0000 ' \" \\ \ud800" },
        { kind: "image" as const, media: { ref: { mediaId: "x", nested: { deep: [1, null] } } } },
      ],
      quote: { messageId: "m0", content: [{ kind: "text" as const, text: "before" }] },
      replyHandle: { reqId: "r1" },
    };

    await w.store.accept({ messages: [{ message, routing: { lane: "l", as: "turn" } }], events: [] });

    expect((await w.claimTurn()).messages[0]?.message).toEqual(message);
  });

  it("moves the cursor with the messages", async () => {
    const w = world();

    await w.store.accept({ messages: [w.routed("ann", "hi")], events: [], cursor: { key: "k", value: "c1" } });

    expect(await w.store.cursor("k")).toBe("c1");
    expect(await w.store.cursor("other")).toBeUndefined();
  });

  it("leaves a cursor that somebody else moved, and stores the messages anyway", async () => {
    const w = world();
    await w.store.accept({ messages: [], events: [], cursor: { key: "k", value: "c1" } });

    const late = { key: "k", value: "c0b", after: "c0" };
    const result = await w.store.accept({ messages: [w.routed("ann", "hi")], events: [], cursor: late });

    expect(result.accepted).toBe(1);
    expect(await w.store.cursor("k")).toBe("c1");
  });

  it("moves a cursor that is still where the batch was read from", async () => {
    const w = world();
    await w.store.accept({ messages: [], events: [], cursor: { key: "k", value: "c1", after: "" } });
    await w.store.accept({ messages: [], events: [], cursor: { key: "k", value: "c2", after: "c1" } });

    await w.store.accept({ messages: [], events: [], cursor: { key: "k", value: "c9", after: "" } });

    expect(await w.store.cursor("k")).toBe("c2");
  });

  it("stores nothing of a batch that cannot be stored whole", async () => {
    const w = world();
    const broken = w.routed("ann", "two", { id: "m2" });
    const unstorable = { ...broken, message: { ...broken.message, sentAt: new Date(Number.NaN), id: null as never } };

    const failed = w.store.accept({
      messages: [w.routed("ann", "one", { id: "m1" }), unstorable],
      events: [],
      cursor: { key: "k", value: "c1" },
    });

    await expect(failed).rejects.toThrow();
    expect(await w.store.cursor("k")).toBeUndefined();
    expect((await w.say("ann", "one", { id: "m1" })).accepted).toBe(1);
  });

  it("lets one batch fail without those that came at the same moment", async () => {
    const w = world();
    const broken = w.routed("ann", "two", { id: "m2" });
    const unstorable = { ...broken, message: { ...broken.message, id: null as never } };

    const results = await Promise.allSettled([
      w.say("ann", "one", { id: "m1" }),
      w.store.accept({ messages: [w.routed("ann", "lost", { id: "m9" }), unstorable], events: [] }),
      w.say("ben", "three", { id: "m3" }),
    ]);

    expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect((await w.claimTurns()).flatMap(textsOf).sort()).toEqual(["one", "three"]);
  });

  it("keeps what it accepted when the process dies", async () => {
    const w = world();
    await w.store.accept({
      messages: [w.routed("ann", "hi", { id: "m1" })],
      events: [],
      cursor: { key: "k", value: "c1" },
    });

    await w.crash();

    expect(textsOf(await w.claimTurn())).toEqual(["hi"]);
    expect(await w.store.cursor("k")).toBe("c1");
    expect((await w.say("ann", "hi", { id: "m1" })).duplicates).toBe(1);
  });

  it("renews window and handles with a message, not with an event or a repeat", async () => {
    const w = world();
    await w.say("ann", "hi", { id: "m1", handle: { token: "t1" } });
    const wroteAt = (await w.store.quota(w.address("ann"))).lastInboundAt;
    w.advance(60_000);

    await w.happen(w.event("ann", "entered", {}));
    await w.say("ann", "hi", { id: "m1", handle: { token: "t1" }, sentAt: w.now() });

    expect((await w.store.quota(w.address("ann"))).lastInboundAt).toBe(wroteAt);
    expect((await w.claimTurn()).handles.map((handle) => handle.data)).toEqual([{ token: "t1" }]);
  });

  it("counts the window from when the person wrote, never from the future", async () => {
    const w = world();
    const anHourAgo = w.now() - 3_600_000;

    await w.say("ann", "late", { sentAt: anHourAgo });
    await w.say("ben", "early", { sentAt: w.now() + 3_600_000 });

    expect((await w.store.quota(w.address("ann"))).lastInboundAt).toBe(anHourAgo);
    expect((await w.store.quota(w.address("ben"))).lastInboundAt).toBeLessThanOrEqual(w.now());
  });

  it("drops a recalled message that waits", async () => {
    const w = world();
    await w.say("ann", "oops", { id: "m1" });

    await w.happen(w.event("ann", "recalled", { messageId: "m1" }));

    expect(await w.claimTurns()).toEqual([]);
  });

  it("drops only the recalled one of several", async () => {
    const w = world();
    await w.say("ann", "oops", { id: "m1" });
    await w.say("ann", "what I meant", { id: "m2" });

    await w.happen(w.event("ann", "recalled", { messageId: "m1" }));

    expect(textsOf(await w.claimTurn())).toEqual(["what I meant"]);
  });

  it("finds a message by the platform's id", async () => {
    const w = world();
    await w.say("ann", "hi", { id: "m1", name: "Ann" });

    expect(await w.store.find(CHANNEL, ACCOUNT, "m1")).toMatchObject({
      platformId: "m1",
      direction: "inbound",
      conversation: w.address("ann"),
      sender: { id: "ann", name: "Ann" },
      content: [{ kind: "text", text: "hi" }],
    });
    expect(await w.store.find(CHANNEL, "kf2", "m1")).toBeUndefined();
  });

  it("tells of a message what no turn answers, and keeps new content of one that waits", async () => {
    const w = world();
    const unanswered = async (id: string) => (await w.store.find(CHANNEL, ACCOUNT, id))?.unanswered;
    await w.answered("ann", "one", "two");
    await w.sendAll({ sendsPerInbound: 1 });
    await w.say("ann", "继续", { id: "m-more", as: "resume" });
    await w.say("bea", "first", { id: "m-1" });
    const turn = await w.claimTurn();
    await w.say("bea", "second", { id: "m-2" });
    await w.say("bea", "third", { id: "m-3" });
    const second = (await w.store.find(CHANNEL, ACCOUNT, "m-2"))?.id ?? "";

    expect([await unanswered("m-more"), await unanswered("m-1"), await unanswered("m-2")]).toEqual([
      "resume",
      "answering",
      "waiting",
    ]);
    const waiting = await w.store.waitingMessages(CHANNEL, w.now() - 60_000);
    expect(waiting.map(({ message }) => message.id)).toEqual(["m-2", "m-3"]);
    expect(waiting[0]).toMatchObject({ id: second, message: { from: w.address("bea"), sender: { id: "bea" } } });
    expect(await w.store.waitingMessages(CHANNEL, w.now() + 60_000)).toEqual([]);
    expect(await w.store.waitingMessages("another", 0)).toEqual([]);
    expect(await w.store.saveWaiting(second, [{ kind: "text", text: "the second" }])).toBe(true);
    expect(await w.store.saveWaiting(turn.messages[0]?.id ?? "", [])).toBe(false);
    await w.happen(w.event("bea", "recalled", { messageId: "m-3" }));
    expect(await unanswered("m-3")).toBe("dropped");
    await w.answer(turn, "done");
    expect(await unanswered("m-1")).toBeUndefined();

    const next = await w.claimTurn();
    expect(next.messages.map(({ message }) => message.content)).toEqual([[{ kind: "text", text: "the second" }]]);
    expect(await w.store.saveWaiting(second, [])).toBe(false);
  });

  it("finds what was sent by the platform's id and by ours", async () => {
    const w = world();
    await w.answered("ann", "hello Ann");
    const delivery = await w.claimDelivery();
    await w.store.completeDelivery(delivery.claim, { platformId: "p1" });

    const byPlatform = await w.store.find(CHANNEL, ACCOUNT, "p1");
    const byOurs = await w.store.find(CHANNEL, ACCOUNT, delivery.id);

    expect(byPlatform).toMatchObject({ id: delivery.id, direction: "outbound", content: [{ text: "hello Ann" }] });
    expect(byOurs).toEqual(byPlatform);
  });

  it("tells once committed that there is a turn", async () => {
    const w = world();
    const wakes: string[] = [];
    const stop = w.store.onWake((wake) => wakes.push(wake));

    await w.say("ann", "hi");
    expect(wakes).toContain("turns");
    stop();
    wakes.length = 0;
    await w.say("ann", "again");

    expect(wakes).toEqual([]);
  });
}
