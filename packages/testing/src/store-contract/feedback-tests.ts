import { addressKey, type InboundEvent } from "@wxgate/core";
import { expect, it } from "vitest";
import { textsOf, type World } from "./world.ts";

/** Ratings are kept with the answer and wait for the conversation's next turn. */
export function feedbackTests(world: () => World): void {
  /** A rating as the dispatcher hands it over: the event, and what the agent is to see of it. */
  function rate(w: World, peer: string, messageId: string, score: string, more: { group?: string; id?: string } = {}) {
    const { group, id = `event:${peer}-${score}` } = more;
    const from = w.address(peer, group === undefined ? {} : { group });
    const event: InboundEvent = {
      kind: "feedback",
      id,
      at: new Date(w.now()),
      from,
      sender: { id: peer },
      messageId,
      score,
      reasons: ["wrong"],
    };
    const content = [{ kind: "feedback", by: peer, messageId, score }] as const;
    const aside = w.routed(peer, "", { as: "aside", id, content, ...(group === undefined ? {} : { group }) });
    return w.store.accept({ messages: [aside], events: [event] });
  }

  async function answeredOnce(w: World) {
    await w.answered("ann", "the answer");
    const delivery = await w.claimDelivery();
    await w.store.completeDelivery(delivery.claim, { platformId: "s_1" });
    return delivery;
  }

  it("makes no turn of a rating, and hands it over once, with what is said next", async () => {
    const w = world();
    await answeredOnce(w);
    await rate(w, "ann", "s_1", "bad");

    expect(await w.claimTurns()).toEqual([]);
    expect((await w.store.query.counts()).waitingMessages).toBe(0);
    await w.say("ann", "again please");
    const turn = await w.claimTurn();
    expect(textsOf(turn)).toEqual(["[feedback]", "again please"]);
    await w.answer(turn, "better");
    await w.say("ann", "thanks");
    expect(textsOf(await w.claimTurn())).toEqual(["thanks"]);
  });

  it("hands it over again with the same turn after a crash", async () => {
    const w = world();
    await rate(w, "ann", "s_1", "good");
    await w.say("ann", "more");
    const turn = await w.claimTurn();

    await w.store.releaseTurn(turn.claim, 0);

    expect(textsOf(await w.claimTurn())).toEqual(["[feedback]", "more"]);
  });

  it("hands over everybody's ratings with a group's next turn, which is still its asker's", async () => {
    const w = world();
    await rate(w, "ben", "s_1", "bad", { group: "wr1" });
    await w.say("ann", "hi", { group: "wr1" });

    const turn = await w.claimTurn();

    expect(textsOf(turn)).toEqual(["[feedback]", "hi"]);
    await w.answer(turn, "ok");
    expect(await w.claimTurns()).toEqual([]);
  });

  it("counts it as nothing that was said: neither window nor quota is renewed", async () => {
    const w = world();
    await answeredOnce(w);
    const before = await w.store.quota(w.address("ann"));
    w.advance(60_000);

    await rate(w, "ann", "s_1", "good");

    expect(await w.store.quota(w.address("ann"))).toEqual(before);
  });

  it("keeps it for the agent when the person stops what waits", async () => {
    const w = world();
    await rate(w, "ann", "s_1", "bad");
    await w.say("ann", "never mind");

    await w.store.cancelTurns(addressKey(w.address("ann")));
    await w.say("ann", "something else");

    expect(textsOf(await w.claimTurn())).toEqual(["[feedback]", "something else"]);
  });

  it("stands beside the answer it is about, each person's last word", async () => {
    const w = world();
    const { id } = await answeredOnce(w);
    await rate(w, "ann", "s_1", "good");
    await rate(w, "ben", "s_1", "bad");
    await rate(w, "ann", "s_1", "withdrawn");

    const [conversation] = (await w.store.query.conversations({ limit: 1, search: "ann" })).items;
    const { items } = await w.store.query.messages(conversation?.id ?? "", { limit: 10 });
    const answer = items.find((row) => row.id === id);
    expect(answer?.feedback).toMatchObject([
      { by: "ben", score: "bad", reasons: ["wrong"] },
      { by: "ann", score: "withdrawn" },
    ]);
    const timeline = await w.store.query.timeline(id);
    expect(timeline?.map(({ what }) => what)).toEqual(expect.arrayContaining(["rated bad", "rated withdrawn"]));
  });

  it("finds the answer by our own id, too", async () => {
    const w = world();
    const { id } = await answeredOnce(w);

    await rate(w, "ann", id, "good");

    expect((await w.store.query.timeline(id))?.map(({ what }) => what)).toContain("rated good");
  });

  it("takes a rating of something unknown, and the same one again, without harm", async () => {
    const w = world();

    expect((await rate(w, "ann", "nothing", "bad")).fresh.size).toBe(1);
    expect((await rate(w, "ann", "nothing", "bad")).fresh.size).toBe(0);
    await w.say("ann", "hi");
    expect(textsOf(await w.claimTurn())).toEqual(["[feedback]", "hi"]);
  });

  it("is forgotten in time where its person never writes again", async () => {
    const w = world();
    await rate(w, "ann", "s_1", "bad");
    w.advance(8 * 24 * 3_600_000);
    await w.say("ben", "hi");

    await w.store.prune(0);

    await w.say("ann", "back again");
    const turns = await w.claimTurns();
    expect(turns.flatMap(textsOf).toSorted()).toEqual(["back again", "hi"]);
  });
}
