import { expect, it } from "vitest";
import { CHANNEL, PROBLEM, textsOf, type World } from "./world.ts";

/** Which of the messages that wait in a lane make its next turn. */
export function laneTests(world: () => World): void {
  it("makes one turn of everything that waits in a lane, oldest first", async () => {
    const w = world();
    await w.say("ann", "one");
    await w.say("ann", "two");
    await w.say("ann", "three");

    const turn = await w.claimTurn();

    expect(textsOf(turn)).toEqual(["one", "two", "three"]);
    expect(turn).toMatchObject({
      as: "turn",
      attempt: 1,
      replied: 0,
      cancelled: false,
      conversation: w.address("ann"),
    });
    expect(turn.id).toMatch(/^trn_/);
    expect(turn.session).toMatch(/^ses_/);
    expect(turn.messages[0]?.id).toMatch(/^msg_/);
  });

  it("gives a turn to one worker only", async () => {
    const w = world();
    await w.say("ann", "hi");

    await w.claimTurn();

    expect(await w.claimTurns()).toEqual([]);
  });

  it("tells on every attempt when it was claimed first", async () => {
    const w = world();
    await w.say("ann", "hi");
    const first = await w.claimTurn();
    w.advance(5_000);
    await w.store.releaseTurn(first.claim, 0, PROBLEM);

    expect((await w.claimTurn()).createdAt).toBe(first.createdAt);
  });

  it("keeps what comes during a turn for the next", async () => {
    const w = world();
    await w.say("ann", "one");
    const turn = await w.claimTurn();
    await w.say("ann", "two");
    await w.say("ann", "three");

    expect(await w.claimTurns()).toEqual([]);
    await w.answer(turn, "answer");

    expect(textsOf(await w.claimTurn())).toEqual(["two", "three"]);
  });

  it("works several lanes at a time, the longest waiting first", async () => {
    const w = world();
    for (const peer of ["ann", "ben", "cleo"]) {
      await w.say(peer, peer);
      w.advance(10);
    }

    const first = await w.claimTurns(2);
    const second = await w.claimTurns(2);

    expect(first.map(textsOf)).toEqual([["ann"], ["ben"]]);
    expect(second.map(textsOf)).toEqual([["cleo"]]);
  });

  it("puts a long waiting lane of one channel before a fresh one of another", async () => {
    const w = world();
    await w.say("ann", "old", { channel: "second" });
    w.advance(10);
    await w.say("ben", "new", { channel: "first" });

    const turns = await w.claimTurns(1, ["first", "second"]);

    expect(turns.map(textsOf)).toEqual([["old"]]);
  });

  it("leaves channels alone that are not asked for", async () => {
    const w = world();
    await w.say("ann", "hi", { channel: "elsewhere" });

    expect(await w.claimTurns()).toEqual([]);
    expect(await w.claimTurns(10, ["elsewhere"])).toHaveLength(1);
  });

  it("works a tied channel only where its account is connected", async () => {
    const w = world();
    await w.say("ann", "here", { account: "kf1" });
    await w.say("ben", "there", { account: "kf2" });
    await w.say("cleo", "/help", { account: "kf2", as: "command" });

    const claim = (accounts: readonly string[]) =>
      w.store.claimTurns({
        worker: w.worker,
        limit: 10,
        channels: [CHANNEL],
        tied: new Map([[CHANNEL, new Set(accounts)]]),
      });

    expect(await claim([])).toEqual([]);
    expect((await claim(["kf1"])).map(textsOf)).toEqual([["here"]]);
    expect((await claim(["kf2"])).map(textsOf)).toEqual([["/help"], ["there"]]);
  });

  it("makes a turn of one sender's messages in a group", async () => {
    const w = world();
    await w.say("ann", "a1", { group: "g" });
    await w.say("ben", "b1", { group: "g" });
    await w.say("ann", "a2", { group: "g" });

    const first = await w.claimTurn();
    await w.answer(first, "to Ann");
    const second = await w.claimTurn();

    expect(textsOf(first)).toEqual(["a1", "a2"]);
    expect(textsOf(second)).toEqual(["b1"]);
  });

  it("makes a turn of one conversation's messages where a lane holds several", async () => {
    const w = world();
    await w.say("ann", "from Ann", { lane: "all" });
    await w.say("ben", "from Ben", { lane: "all" });

    const first = await w.claimTurn();
    await w.answer(first, "to Ann");
    const second = await w.claimTurn();

    expect([first.conversation.peer, second.conversation.peer]).toEqual(["ann", "ben"]);
    expect(second.session).toBe(first.session);
  });

  it("lets media wait for the words that explain it", async () => {
    const w = world();
    await w.say("ann", "", { content: [{ kind: "image", media: { ref: {} } }], graceMs: 2000 });

    w.advance(1500);
    expect(await w.claimTurns()).toEqual([]);
    await w.say("ann", "what is this?");

    expect(textsOf(await w.claimTurn())).toEqual(["[image]", "what is this?"]);
  });

  it("makes a turn of media alone when no words come", async () => {
    const w = world();
    await w.say("ann", "", { content: [{ kind: "image", media: { ref: {} } }], graceMs: 2000 });

    w.advance(2001);

    expect(textsOf(await w.claimTurn())).toEqual(["[image]"]);
  });

  it("does not wait with media when words wait already", async () => {
    const w = world();
    await w.say("ann", "look");
    await w.say("ann", "", { content: [{ kind: "image", media: { ref: {} } }], graceMs: 2000 });

    expect(textsOf(await w.claimTurn())).toEqual(["look", "[image]"]);
  });

  it("does not let one member's words cut another's media short in a group", async () => {
    const w = world();
    await w.say("ann", "", { group: "g", content: [{ kind: "image", media: { ref: {} } }], graceMs: 2000 });
    await w.say("ben", "hi all", { group: "g" });

    const turn = await w.claimTurn();
    await w.answer(turn);

    expect(textsOf(turn)).toEqual(["hi all"]);
    expect(await w.claimTurns()).toEqual([]);
    w.advance(2001);
    expect(textsOf(await w.claimTurn())).toEqual(["[image]"]);
  });

  it("ends a claim early where much waits, so that the first of it can begin, and wakes for the rest", async () => {
    const w = world();
    for (const peer of ["ann", "ben", "cleo"]) {
      await Promise.all(Array.from({ length: 120 }, (_, index) => w.say(peer, `${index}`)));
    }

    const wakes: string[] = [];
    w.store.onWake((wake) => wakes.push(wake));
    const first = await w.claimTurns();
    expect(wakes).toContain("turns");
    const second = await w.claimTurns();

    expect([first, second].map((turns) => turns.map(({ messages }) => messages.length))).toEqual([[120, 120], [120]]);
  });
}
