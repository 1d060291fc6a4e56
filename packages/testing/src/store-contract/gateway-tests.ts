import { type ClaimedTurn, StaleClaimError } from "@wxgate/core";
import { expect, it } from "vitest";
import { CHANNEL, PROBLEM, textOfPiece, textsOf, type World } from "./world.ts";

/** Two gateways on one database. */
export function gatewayTests(world: () => World): void {
  const options = (worker: string) => ({ worker, limit: 5, channels: [CHANNEL] });

  it("never gives one turn to two gateways", async () => {
    const w = world();
    const other = await w.under.second!();
    for (let person = 0; person < 40; person++) await w.say(`p${person}`, `hi ${person}`);

    const claimed: ClaimedTurn[] = [];
    for (let round = 0; round < 8; round++) {
      const both = await Promise.all([w.store.claimTurns(options("a")), other.claimTurns(options("b"))]);
      claimed.push(...both.flat());
    }
    await other.close();

    expect(claimed.flatMap(textsOf).sort()).toEqual(Array.from({ length: 40 }, (_, at) => `hi ${at}`).sort());
    expect(new Set(claimed.map((turn) => turn.id)).size).toBe(40);
  });

  it("never sends one delivery from two gateways, and keeps the order", async () => {
    const w = world();
    const other = await w.under.second!();
    for (const peer of ["ann", "ben", "cleo"]) {
      for (let number = 1; number <= 5; number++) {
        await w.store.enqueue(w.address(peer), w.reply(`${peer} ${number}`));
      }
    }

    const sent: string[] = [];
    for (let round = 0; round < 30 && sent.length < 15; round++) {
      await Promise.all(
        [w.store, other].map(async (store, at) => {
          for (const delivery of await store.claimDeliveries({ ...options(`w${at}`), policies: new Map() })) {
            sent.push(textOfPiece(delivery));
            await store.completeDelivery(delivery.claim, {});
          }
        }),
      );
    }
    await other.close();

    for (const peer of ["ann", "ben", "cleo"]) {
      expect(sent.filter((text) => text.startsWith(peer))).toEqual(
        [1, 2, 3, 4, 5].map((number) => `${peer} ${number}`),
      );
    }
  });

  it("goes on with what one gateway adds while the other ends what was sent before it", async () => {
    const w = world();
    const other = await w.under.second!();
    const people = Array.from({ length: 80 }, (_, at) => `p${at}`);
    for (const peer of people) {
      await w.say(peer, `hi ${peer}`);
      await w.store.enqueue(w.address(peer), w.reply(`first ${peer}`));
    }
    const turns = await w.claimTurns();
    const sending = await w.claimDeliveries();

    await Promise.all(
      turns.map(async (turn, at) => {
        const delivery = sending.find(({ conversation }) => conversation.peer === turn.conversation.peer);
        const ended = w.store.completeDelivery(delivery!.claim, {});
        // At one moment or another of the other's transaction.
        for (let step = 0; step < at % 8; step++) await new Promise((resolve) => setImmediate(resolve));
        const { peer } = turn.conversation;
        await other.completeTurn(turn.claim, { outcome: "answered", reply: w.reply(`second ${peer}`) });
        await ended;
      }),
    );
    await other.close();

    expect([...(await w.sendAll())].sort()).toEqual(people.map((peer) => `second ${peer}`).sort());
  });

  it("sends what one gateway adds while the other ends the account's pause", async () => {
    const w = world();
    const other = await w.under.second!();
    const people = Array.from({ length: 80 }, (_, at) => `p${at}`);
    for (const peer of people) {
      await w.say(peer, `hi ${peer}`, { account: peer });
      await w.store.pauseAccount(CHANNEL, peer, PROBLEM);
    }
    const turns = await w.claimTurns();

    await Promise.all(
      turns.map(async (turn, at) => {
        const { peer } = turn.conversation;
        const added = other.completeTurn(turn.claim, { outcome: "answered", reply: w.reply(`to ${peer}`) });
        // At one moment or another of the other's transaction.
        for (let step = 0; step < at % 8; step++) await new Promise((resolve) => setImmediate(resolve));
        await w.store.resumeAccount(CHANNEL, peer);
        await added;
      }),
    );
    await other.close();

    expect([...(await w.sendAll())].sort()).toEqual(people.map((peer) => `to ${peer}`).sort());
  });

  it("takes over what a silent gateway holds, and refuses its late answer", async () => {
    const w = world();
    const other = await w.under.second!();
    await w.say("ann", "hi");
    const [turn] = await w.store.claimTurns(options("a"));
    await w.store.heartbeat("a", 10_000);
    w.advance(10_001);

    await other.heartbeat("b", 10_000);
    const [taken] = await other.claimTurns(options("b"));
    const late = w.store.completeTurn(turn!.claim, { outcome: "answered", reply: w.reply("late") });

    await expect(late).rejects.toThrow(StaleClaimError);
    await other.completeTurn(taken!.claim, { outcome: "answered", reply: w.reply("taken over") });
    await other.close();
    expect(await w.sendAll()).toEqual(["taken over"]);
  });

  it("stores a message once that two gateways receive at the same moment", async () => {
    const w = world();
    const other = await w.under.second!();
    const batches = Array.from({ length: 20 }, (_, at) => ({
      messages: [w.routed("ann", `hi ${at}`, { id: `m${at}` })],
      events: [],
    }));

    const results = await Promise.all(batches.flatMap((batch) => [w.store.accept(batch), other.accept(batch)]));
    await other.close();

    expect(results.reduce((sum, result) => sum + result.accepted, 0)).toBe(20);
    expect((await w.claimTurn()).messages).toHaveLength(20);
  });

  it("tells other gateways about new work", async () => {
    const w = world();
    const other = await w.under.second!();
    const heard = new Set<string>();
    other.onWake((wake) => heard.add(wake));
    // A fresh connection may report all kinds once, to make up for what it missed.
    await new Promise((resolve) => setTimeout(resolve, 500));
    heard.clear();

    await w.say("ann", "hi");
    await until(() => heard.has("turns"));
    expect(heard.has("deliveries")).toBe(false);
    await w.answer(await w.claimTurn(), "hello");
    await until(() => heard.has("deliveries"));
    await other.close();
  });

  it("gives a lease to one gateway only", async () => {
    const w = world();
    const other = await w.under.second!();

    const numbers = await Promise.all([
      w.store.acquireLease("account", "a", 5000),
      other.acquireLease("account", "b", 5000),
    ]);
    await other.close();

    expect(numbers.filter((number) => number !== undefined)).toHaveLength(1);
  });

  it("survives two gateways that write to the same people in opposite order", async () => {
    const w = world();
    const other = await w.under.second!();
    const batch = (peers: readonly string[], round: number, by: string) => ({
      messages: peers.map((peer) => w.routed(peer, "hi", { id: `${by}-${round}-${peer}` })),
      events: [],
    });
    const peers = ["ann", "ben", "cleo", "dan"];

    const results = await Promise.all(
      [1, 2, 3, 4, 5].flatMap((round) => [
        w.store.accept(batch(peers, round, "a")),
        other.accept(batch([...peers].reverse(), round, "b")),
      ]),
    );
    await other.close();

    expect(results.every((result) => result.accepted === 4)).toBe(true);
  });

  it("fires a schedule from one gateway per due time", async () => {
    const w = world();
    const other = await w.under.second!();
    const action = { kind: "ask", prompt: "news?" } as const;
    const timing = { kind: "cron", expression: "* * * * *", timeZone: "UTC" } as const;
    const fields = { name: "news", enabled: true, timing, action, missed: "all" } as const;
    const first = w.now() - 60_000;
    const row = await w.store.schedules.add("sch_shared", fields, first, "tests");
    const fire = (store: World["store"], runId: string, from: number) =>
      store.schedules.fire({
        scheduleId: row.id,
        version: row.version,
        runId,
        reason: "due",
        dueAt: from,
        action,
        move: { from, next: from + 1_000 },
        what: { kind: "ask", name: "news" },
      });

    const fired: boolean[] = [];
    for (let at = 0; at < 10; at++) {
      const from = first + at * 1_000;
      fired.push(...(await Promise.all([fire(w.store, `run_a${at}`, from), fire(other, `run_b${at}`, from)])));
    }
    await other.close();

    expect(fired.filter(Boolean)).toHaveLength(10);
    expect((await w.store.schedules.runs(row.id, { limit: 50 })).items).toHaveLength(10);
  });
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error("it did not happen within 5 s");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
