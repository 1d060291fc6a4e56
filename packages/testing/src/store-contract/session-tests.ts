import { StaleClaimError } from "@wxgate/core";
import { expect, it } from "vitest";
import { PROBLEM, textsOf, type World } from "./world.ts";

/** Commands, cancelling, sessions and what was said in them. */
export function sessionTests(world: () => World): void {
  it("hands out a command before the turns, also beside one that runs", async () => {
    const w = world();
    await w.say("ann", "long question");
    const running = await w.claimTurn();
    await w.say("ann", "more");
    await w.say("ben", "hi");
    await w.say("ann", "/stop", { as: "command" });

    const [command, turn] = await w.claimTurns();

    expect(command).toMatchObject({ as: "command", lane: running.lane, session: running.session });
    expect(textsOf(command!)).toEqual(["/stop"]);
    expect(textsOf(turn!)).toEqual(["hi"]);
  });

  it("keeps what was answered and shown although it holds a NUL, which no engine must stumble over", async () => {
    const w = world();
    await w.say("ann", "hi");
    const turn = await w.claimTurn();

    await w.store.saveStream(turn.claim, {}, "so \u0000far");
    await w.store.completeTurn(turn.claim, { outcome: "silent", historyText: "the \u0000answer" });

    const lines = await w.store.history(turn.lane, turn.session, 10);
    expect(lines.at(-1)?.text).toBe("the \ufffdanswer");
  });

  it("remembers a session in short beside what was said since, once however often it is saved", async () => {
    const w = world();
    const turns = [];
    for (const text of ["one", "two", "three"]) {
      await w.say("ann", text);
      const turn = await w.claimTurn();
      turns.push(turn);
      await w.store.completeTurn(turn.claim, { outcome: "silent", historyText: `answer to ${text}` });
    }
    const [first, second] = turns;
    const { lane, session } = first!;
    const early = { summary: "one", upTo: first!.id };
    const late = { summary: "one, two", upTo: second!.id };

    expect(await w.store.memory(lane, session)).toBeUndefined();
    expect(await w.store.saveMemory(lane, session, early, undefined)).toBe(true);
    expect(await w.store.saveMemory(lane, session, late, undefined)).toBe(false);
    expect(await w.store.saveMemory(lane, session, late, first!.id)).toBe(true);
    expect(await w.store.saveMemory(lane, session, early, first!.id)).toBe(false);

    expect(await w.store.memory(lane, session)).toEqual(late);
    const since = await w.store.history(lane, session, 10, { after: second!.id });
    expect(since.map(({ text }) => text)).toEqual(["three", "answer to three"]);
    const oldest = await w.store.history(lane, session, 2, { oldest: true });
    expect(oldest.map(({ turn, text }) => [turn, text])).toEqual([
      [first!.id, "one"],
      [first!.id, "answer to one"],
    ]);
  });

  it("forgets a session in short when the next begins, and what comes late for it", async () => {
    const w = world();
    await w.say("ann", "one");
    const turn = await w.claimTurn();
    await w.store.completeTurn(turn.claim, { outcome: "silent", historyText: "answer" });
    const memory = { summary: "one", upTo: turn.id };
    await w.store.saveMemory(turn.lane, turn.session, memory, undefined);

    const next = await w.store.newSession(turn.lane);

    expect(await w.store.memory(turn.lane, turn.session)).toBeUndefined();
    expect(await w.store.memory(turn.lane, next)).toBeUndefined();
    expect(await w.store.saveMemory(turn.lane, turn.session, memory, undefined)).toBe(false);
    expect(await w.store.memory("another lane", turn.session)).toBeUndefined();
  });

  it("works the commands of a lane one after the other", async () => {
    const w = world();
    await w.say("ann", "/new", { as: "command" });
    await w.say("ann", "/status", { as: "command" });

    const first = await w.claimTurn();
    expect(await w.claimTurns()).toEqual([]);
    await w.answer(first, "done");

    expect(textsOf(first)).toEqual(["/new"]);
    expect(textsOf(await w.claimTurn())).toEqual(["/status"]);
  });

  it("cancels the running turn and drops what waits", async () => {
    const w = world();
    await w.say("ann", "one");
    const turn = await w.claimTurn();
    await w.say("ann", "two");
    const wakes: string[] = [];
    w.store.onWake((wake) => wakes.push(wake));

    const cancelled = await w.store.cancelTurns(turn.lane);

    expect(cancelled).toEqual([turn.id]);
    expect(wakes).toContain("cancel");
    expect(await w.store.cancelledTurns(w.worker)).toEqual([turn.id]);
    expect(await w.store.cancelledTurns("another")).toEqual([]);
    await w.store.completeTurn(turn.claim, { outcome: "cancelled" });
    expect(await w.claimTurns()).toEqual([]);
    expect(await w.store.cancelledTurns(w.worker)).toEqual([]);
  });

  it("tells the next attempt that it was cancelled, at once", async () => {
    const w = world();
    await w.say("ann", "one");
    const turn = await w.claimTurn();
    await w.store.releaseTurn(turn.claim, 60_000, PROBLEM);

    await w.store.cancelTurns(turn.lane);

    expect(await w.claimTurn()).toMatchObject({ id: turn.id, cancelled: true });
  });

  it("starts a fresh session in the lane from the next turn on", async () => {
    const w = world();
    await w.say("ann", "one");
    const before = await w.claimTurn();

    const session = await w.store.newSession(before.lane);
    await w.answer(before, "old");
    await w.say("ann", "two");
    const after = await w.claimTurn();

    expect(session).toMatch(/^ses_/);
    expect(session).not.toBe(before.session);
    expect(after.session).toBe(session);
  });

  it("starts a fresh session with the turn that is running, when it holds its claim", async () => {
    const w = world();
    await w.say("ann", "one");
    await w.answer(await w.claimTurn(), "old");
    await w.say("ann", "two");
    const turn = await w.claimTurn();
    const stale = { ...turn.claim, number: turn.claim.number - 1 };

    await expect(w.store.newSession(turn.lane, stale)).rejects.toThrow(StaleClaimError);
    const session = await w.store.newSession(turn.lane, turn.claim);
    await w.answer(turn, "new");
    await w.say("ann", "three");

    expect((await w.claimTurn()).session).toBe(session);
    expect((await w.store.history(turn.lane, session, 10)).map(({ text }) => text)).toEqual(["two", "new"]);
  });

  it("tells the history of a session, oldest first, bounded", async () => {
    const w = world();
    await w.say("ann", "one", { name: "Ann" });
    const turn = await w.claimTurn();
    await w.answer(turn, "first answer");
    w.advance(10);
    await w.say("ann", "two");
    await w.say("ann", "three");
    await w.answer(await w.claimTurn(), "second answer");

    const all = await w.store.history(turn.lane, turn.session, 10);
    const last = await w.store.history(turn.lane, turn.session, 2);

    expect(all.map(({ role, text }) => [role, text])).toEqual([
      ["user", "one"],
      ["assistant", "first answer"],
      ["user", "two"],
      ["user", "three"],
      ["assistant", "second answer"],
    ]);
    expect(all[0]).toMatchObject({ senderId: "ann", senderName: "Ann" });
    expect(last.map(({ text }) => text)).toEqual(["three", "second answer"]);
    expect(await w.store.history(turn.lane, await w.store.newSession(turn.lane), 10)).toEqual([]);
  });

  it("keeps denied and failed turns out of the history", async () => {
    const w = world();
    await w.say("ann", "secret");
    const turn = await w.claimTurn();
    await w.store.completeTurn(turn.claim, { outcome: "denied", error: PROBLEM });

    expect(await w.store.history(turn.lane, turn.session, 10)).toEqual([]);
  });
}
