import { type ClaimedTurn, StaleClaimError } from "@wxgate/core";
import { expect, it } from "vitest";
import { CHANNEL, textOfPiece, textsOf, type World } from "./world.ts";

const MINUTE = 60_000;

/** What a turn asks its sender, and the one message that answers. */
export function questionTests(world: () => World): void {
  async function asking(w: World, question = "which one?"): Promise<ClaimedTurn> {
    await w.say("ann", "do it");
    const turn = await w.claimTurn();
    await w.store.ask(turn.claim, 0, w.reply(question), MINUTE);
    return turn;
  }
  const textOf = (answer: Awaited<ReturnType<World["store"]["takeAnswer"]>>) => answer?.message.content;
  const text = (said: string) => [{ kind: "text", text: said }];

  it("sends a question before the turn ends", async () => {
    const w = world();

    await asking(w);

    expect(textOfPiece(await w.claimDelivery())).toBe("which one?");
  });

  it("takes the sender's next message as the answer, and makes no turn of it", async () => {
    const w = world();
    const turn = await asking(w);
    expect(await w.store.takeAnswer(turn.claim, 0)).toBeUndefined();
    await w.say("ann", "the red one");

    expect(await w.store.answeredTurns(w.worker)).toEqual([turn.id]);
    expect(textOf(await w.store.takeAnswer(turn.claim, 0))).toEqual(text("the red one"));

    expect(await w.store.answeredTurns(w.worker)).toEqual([]);
    await w.answer(turn, "done");
    expect(await w.claimTurns()).toEqual([]);
  });

  it("gives the same answer however often it is taken, and leaves what came behind it to the next turn", async () => {
    const w = world();
    const turn = await asking(w);
    await w.say("ann", "the red one");
    await w.say("ann", "and hurry");

    await w.store.takeAnswer(turn.claim, 0);

    expect(textOf(await w.store.takeAnswer(turn.claim, 0))).toEqual(text("the red one"));
    await w.answer(turn, "done");
    expect(textsOf(await w.claimTurn())).toEqual(["and hurry"]);
  });

  it("does not take what was written before the question", async () => {
    const w = world();
    await w.say("ann", "do it");
    const turn = await w.claimTurn();
    await w.say("ann", "soon please");
    await w.store.ask(turn.claim, 0, w.reply("which one?"), MINUTE);

    expect(await w.store.takeAnswer(turn.claim, 0)).toBeUndefined();

    await w.say("ann", "red");
    expect(textOf(await w.store.takeAnswer(turn.claim, 0))).toEqual(text("red"));
    await w.answer(turn, "done");
    expect(textsOf(await w.claimTurn())).toEqual(["soon please"]);
  });

  it("takes no command and nothing that others in the group write", async () => {
    const w = world();
    await w.say("ann", "do it", { group: "g" });
    const turn = await w.claimTurn();
    await w.store.ask(turn.claim, 0, w.reply("which one?"), MINUTE);
    await w.say("ben", "blue", { group: "g" });
    await w.say("ann", "/status", { group: "g", as: "command" });
    expect(await w.store.answeredTurns(w.worker)).toEqual([]);
    expect(await w.store.takeAnswer(turn.claim, 0)).toBeUndefined();

    await w.say("ann", "red", { group: "g" });

    expect(textOf(await w.store.takeAnswer(turn.claim, 0))).toEqual(text("red"));
  });

  it("does not take what the same person writes in another conversation of the lane", async () => {
    const w = world();
    await w.say("ann", "do it", { lane: "all" });
    const turn = await w.claimTurn();
    await w.store.ask(turn.claim, 0, w.reply("which one?"), MINUTE);

    await w.say("ann", "elsewhere", { lane: "all", group: "g" });

    expect(await w.store.takeAnswer(turn.claim, 0)).toBeUndefined();
  });

  it("takes an answer from a lane that several conversations share", async () => {
    const w = world();
    await w.say("ann", "do it", { lane: "all" });
    const turn = await w.claimTurn();
    await w.store.ask(turn.claim, 0, w.reply("which one?"), MINUTE);
    await w.say("ann", "red", { lane: "all" });

    expect(textOf(await w.store.takeAnswer(turn.claim, 0))).toEqual(text("red"));

    await w.answer(turn, "done");
    expect(await w.claimTurns()).toEqual([]);
  });

  it("has no answer any more once it is closed", async () => {
    const w = world();
    const turn = await asking(w);

    expect(await w.store.takeAnswer(turn.claim, 0, true)).toBeUndefined();
    await w.say("ann", "too late");

    expect(await w.store.takeAnswer(turn.claim, 0)).toBeUndefined();
    await w.answer(turn, "done");
    expect(textsOf(await w.claimTurn())).toEqual(["too late"]);
  });

  it("tells the next attempt what was asked and answered, apart from its messages", async () => {
    const w = world();
    const turn = await asking(w);
    await w.say("ann", "red");
    await w.store.takeAnswer(turn.claim, 0);
    await w.store.ask(turn.claim, 1, w.reply("how many?"), MINUTE);
    await w.store.releaseTurn(turn.claim, 0);

    const again = await w.claimTurn();

    expect(textsOf(again)).toEqual(["do it"]);
    expect(again.replied).toBe(2);
    expect(again.asked).toMatchObject([
      { ordinal: 0, content: { text: "which one?" }, closed: false, answer: { message: { content: text("red") } } },
      { ordinal: 1, content: { text: "how many?" }, closed: false },
    ]);
    expect(again.asked[1]?.answer).toBeUndefined();
  });

  it("keeps the answer that comes while nobody works on the turn", async () => {
    const w = world();
    await w.store.heartbeat(w.worker, 15_000);
    await asking(w);
    await w.crash();
    await w.say("ann", "red");
    w.advance(15_001);
    await w.store.heartbeat("gateway-2", 15_000);

    const again = await w.claimTurn();
    await w.store.ask(again.claim, 0, w.reply("which one?"), MINUTE);

    expect(textOf(await w.store.takeAnswer(again.claim, 0))).toEqual(text("red"));
    expect(await w.sendAll()).toEqual(["which one?"]);
  });

  it("refuses a claim that was taken over", async () => {
    const w = world();
    const turn = await asking(w);
    await w.store.releaseTurn(turn.claim, 0);
    await w.claimTurn();

    await expect(w.store.takeAnswer(turn.claim, 0)).rejects.toThrow(StaleClaimError);
    await expect(w.store.ask(turn.claim, 1, w.reply("more?"), MINUTE)).rejects.toThrow(StaleClaimError);
  });

  it("leaves the next message to a turn of its own when the asking turn was stopped", async () => {
    const w = world();
    const turn = await asking(w);

    await w.store.cancelTurns(turn.lane);
    await w.store.completeTurn(turn.claim, { outcome: "cancelled" });
    await w.say("ann", "something else");

    expect(textsOf(await w.claimTurn())).toEqual(["something else"]);
    expect(await w.store.answeredTurns(w.worker)).toEqual([]);
  });

  it("shows the answer in the session's history", async () => {
    const w = world();
    const turn = await asking(w);
    await w.say("ann", "red");
    await w.store.takeAnswer(turn.claim, 0);
    await w.answer(turn, "painted it red");

    const lines = await w.store.history(turn.lane, turn.session, 10);

    expect(lines.map((line) => line.text)).toEqual(["do it", "red", "painted it red"]);
    expect(await w.claimTurns(1, [CHANNEL])).toEqual([]);
  });
}
