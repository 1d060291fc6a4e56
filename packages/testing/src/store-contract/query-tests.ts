import { expect, it } from "vitest";
import { PROBLEM, type World } from "./world.ts";

/** What people and pages ask about. */
export function queryTests(world: () => World): void {
  it("tells a message's way from its arrival to the receipt", async () => {
    const w = world();
    await w.say("ann", "hi", { id: "m1" });
    const turn = await w.claimTurn();
    w.advance(5);
    await w.store.releaseTurn(turn.claim, 0, PROBLEM);
    w.advance(5);
    await w.answer(await w.claimTurn(), "hello");
    w.advance(5);
    const failed = await w.claimDelivery();
    w.advance(5);
    await w.store.retryDelivery(failed.claim, 0, PROBLEM);
    w.advance(5);
    await w.store.completeDelivery((await w.claimDelivery()).claim, { platformId: "p1" });

    const timeline = (await w.store.query.timeline(turn.messages[0]!.id)) ?? [];

    expect(timeline.map((entry) => [entry.what, entry.attempt])).toEqual([
      ["written", undefined],
      ["received", undefined],
      ["turn claimed", 1],
      ["turn failed", 1],
      ["turn claimed", 2],
      ["turn answered", undefined],
      ["delivery queued", undefined],
      ["delivery claimed", 1],
      ["delivery failed", 1],
      ["delivery claimed", 2],
      ["delivery sent", 2],
    ]);
    expect(timeline[3]?.error).toEqual(PROBLEM);
    expect(timeline.at(-1)?.detail).toMatchObject({ platformId: "p1" });
    expect(await w.store.query.timeline("m1")).toEqual(timeline);
    expect(await w.store.query.timeline("p1")).toEqual(timeline);
    expect(await w.store.query.timeline(failed.id)).toEqual(timeline);
    expect(await w.store.query.timeline("nothing")).toBeUndefined();
  });

  it("tells which agent answered, and which failed before it", async () => {
    const w = world();
    await w.say("ann", "hi", { id: "m1" });
    await w.say("ben", "hi", { id: "m2" });
    const passedOver = [{ agent: "main", error: PROBLEM }];

    for (const turn of await w.claimTurns(2)) {
      const isAnn = turn.conversation.peer === "ann";
      const answerer = isAnn ? { agent: "spare", passedOver } : { agent: "main", passedOver: [] };
      await w.store.completeTurn(turn.claim, { outcome: "silent", ...answerer });
    }

    const end = async (id: string) => (await w.store.query.timeline(id))?.find(({ what }) => what === "turn silent");
    expect((await end("m1"))?.detail).toEqual({ agent: "spare", passedOver });
    expect((await end("m2"))?.detail).toEqual({ agent: "main" });
  });

  it("lists conversations, the latest first, page by page", async () => {
    const w = world();
    for (const peer of ["ann", "Ben_1", "cleo"]) {
      await w.say(peer, "hi", { name: `Name of ${peer}` });
      w.advance(10);
    }
    await w.say("ann", "again");

    const first = await w.store.query.conversations({ limit: 2 });
    const second = await w.store.query.conversations({ limit: 2, before: first.next! });

    expect(first.items.map((row) => row.peer)).toEqual(["ann", "cleo"]);
    expect(second.items.map((row) => row.peer)).toEqual(["Ben_1"]);
    expect(second.next).toBeUndefined();
    expect(first.items[0]).toMatchObject({ name: "Name of ann", servedBy: "bot", quota: { sendsSinceInbound: 0 } });
    expect(await w.store.query.conversation(first.items[0]!.id)).toEqual(first.items[0]);
    expect(await w.store.query.conversation("cnv_x")).toBeUndefined();
    const search = async (words: string) =>
      (await w.store.query.conversations({ limit: 9, search: words })).items.map((row) => row.peer);
    expect(await search("ben_")).toEqual(["Ben_1"]);
    expect(await search("name of c")).toEqual(["cleo"]);
    expect(await search("%")).toEqual([]);
    expect((await w.store.query.conversations({ limit: 9, channel: "other" })).items).toEqual([]);
    await expect(w.store.query.conversations({ limit: 9, before: "nonsense!" })).rejects.toThrow("before");
  });

  it("shows both sides of a conversation, newest first, page by page", async () => {
    const w = world();
    for (const text of ["one", "two", "three"]) {
      await w.answered("ann", `answer to ${text}`);
      await w.sendAll();
      w.advance(10);
    }
    const [conversation] = (await w.store.query.conversations({ limit: 1 })).items;
    const seen: string[] = [];
    let before: string | undefined;
    do {
      const page = await w.store.query.messages(conversation!.id, { limit: 2, before });
      seen.push(...page.items.map((row) => `${row.direction} ${row.state}`));
      before = page.next;
    } while (before !== undefined);

    expect(seen).toEqual([
      "outbound accepted",
      "inbound done",
      "outbound accepted",
      "inbound done",
      "outbound accepted",
      "inbound done",
    ]);
    expect((await w.store.query.messages("cnv_unknown", { limit: 5 })).items).toEqual([]);
  });

  it("lists deliveries by state and channel", async () => {
    const w = world();
    await w.answered("ann", "one", "two");
    const first = await w.claimDelivery();
    await w.store.failDelivery(first.claim, PROBLEM);
    await w.store.enqueue(w.address("ben"), w.reply("waits"));

    const dead = await w.store.query.deliveries({ limit: 1, state: "dead" });
    const rest = await w.store.query.deliveries({ limit: 5, state: "dead", before: dead.next! });

    expect([...dead.items, ...rest.items].map((row) => row.id).sort()).toHaveLength(2);
    expect((await w.store.query.deliveries({ limit: 5, state: "queued" })).items).toHaveLength(1);
    expect((await w.store.query.deliveries({ limit: 5, channel: "other" })).items).toEqual([]);
    expect(await w.store.query.delivery("nothing")).toBeUndefined();
    expect((await w.store.query.counts()).deliveries).toMatchObject({ dead: 2, queued: 1, accepted: 0 });
  });

  it("counts what waits and runs", async () => {
    const w = world();
    await w.say("ann", "hi");
    await w.claimTurn();
    await w.say("ann", "more");

    expect(await w.store.query.counts()).toMatchObject({ waitingMessages: 1, runningTurns: 1 });
  });

  it("keeps the audit, newest first", async () => {
    const w = world();
    await w.store.query.appendAudit({ actor: "cli", action: "start" });
    await w.store.query.appendAudit({ actor: "token", action: "retry", subject: "out-1", detail: { from: "dead" } });

    const { items } = await w.store.query.audit({ limit: 10 });

    expect(items).toMatchObject([
      { actor: "token", action: "retry", subject: "out-1", detail: { from: "dead" } },
      { actor: "cli", action: "start" },
    ]);
  });

  it("knows in which conversations a person is", async () => {
    const w = world();
    await w.say("ZhangSan", "hi", { account: "kf1" });
    await w.say("ZhangSan", "hi", { account: "kf2" });
    await w.say("zhangsan", "hi", { account: "kf1" });

    const exact = await w.store.query.knownPeers("support", "ZhangSan");
    const folded = await w.store.query.knownPeers("support", "ZHANGSAN", { foldCase: true });

    expect(exact.map((address) => address.account).sort()).toEqual(["kf1", "kf2"]);
    expect(folded).toHaveLength(3);
  });
}
