import type { ClaimedDelivery, ClaimedTurn } from "@wxgate/core";
import fc from "fast-check";
import { expect, it } from "vitest";
import { PROBLEM, type StoreUnderTest, textOfPiece, textsOf, World } from "./world.ts";

const PEERS = ["ann", "ben", "cleo"] as const;

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("say" as const), who: fc.constantFrom(...PEERS) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("repeat" as const), which: fc.nat(50) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("claim turns" as const), limit: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("answer" as const), pieces: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("release turn" as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("claim sends" as const), limit: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("sent" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("not sent" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("wait for customer" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crash" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("late" as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What people and platform saw, against what the store promised. */
class Observed {
  readonly said = new Map<string, string[]>();
  readonly answered = new Map<string, string[]>();
  readonly queued = new Map<string, string[]>();
  readonly shown = new Map<string, string[]>();
  turns: ClaimedTurn[] = [];
  deliveries: ClaimedDelivery[] = [];
  stale: { turns: ClaimedTurn[]; deliveries: ClaimedDelivery[] } = { turns: [], deliveries: [] };

  add(map: Map<string, string[]>, peer: string, ...texts: readonly string[]): void {
    map.set(peer, [...(map.get(peer) ?? []), ...texts]);
  }
}

async function perform(w: World, seen: Observed, next: Step, number: number): Promise<void> {
  switch (next.do) {
    case "say": {
      const text = `${next.who} ${number}`;
      await w.say(next.who, text, { id: `m-${text}` });
      seen.add(seen.said, next.who, text);
      return;
    }
    case "repeat": {
      const known = [...seen.said].flatMap(([peer, texts]) => texts.map((text) => ({ peer, text })));
      const chosen = known[next.which % Math.max(1, known.length)];
      if (chosen === undefined) return;
      expect((await w.say(chosen.peer, chosen.text, { id: `m-${chosen.text}` })).duplicates).toBe(1);
      return;
    }
    case "claim turns": {
      const turns = await w.claimTurns(next.limit);
      const busy = seen.turns.map((turn) => turn.lane);
      expect(turns.filter((turn) => busy.includes(turn.lane))).toEqual([]);
      seen.turns.push(...turns);
      return;
    }
    case "answer": {
      const turn = seen.turns.shift();
      if (turn === undefined) return;
      const texts = Array.from({ length: next.pieces }, (_, at) => `answer ${number}.${at}`);
      await w.answer(turn, ...texts);
      seen.add(seen.answered, turn.conversation.peer, ...textsOf(turn));
      seen.add(seen.queued, turn.conversation.peer, ...texts);
      return;
    }
    case "release turn": {
      const turn = seen.turns.shift();
      if (turn === undefined) return;
      await w.store.releaseTurn(turn.claim, 0, PROBLEM);
      seen.stale.turns.push(turn);
      return;
    }
    case "claim sends": {
      const deliveries = await w.claimDeliveries(undefined, next.limit);
      const busy = seen.deliveries.map((delivery) => delivery.conversation.peer);
      expect(deliveries.filter((delivery) => busy.includes(delivery.conversation.peer))).toEqual([]);
      seen.deliveries.push(...deliveries);
      return;
    }
    case "sent": {
      const delivery = seen.deliveries.shift();
      if (delivery === undefined) return;
      await w.store.completeDelivery(delivery.claim, {});
      seen.add(seen.shown, delivery.conversation.peer, textOfPiece(delivery));
      return;
    }
    case "not sent": {
      const delivery = seen.deliveries.shift();
      if (delivery === undefined) return;
      await w.store.retryDelivery(delivery.claim, 0, PROBLEM, { unsent: true });
      seen.stale.deliveries.push(delivery);
      return;
    }
    case "wait for customer": {
      const delivery = seen.deliveries.shift();
      if (delivery === undefined) return;
      await w.store.deferDelivery(delivery.claim, { until: "customer", error: PROBLEM });
      seen.stale.deliveries.push(delivery);
      return;
    }
    case "crash": {
      await w.crash();
      await w.store.releaseWorker(w.worker);
      seen.stale.turns.push(...seen.turns.splice(0));
      seen.stale.deliveries.push(...seen.deliveries.splice(0));
      return;
    }
    case "late": {
      for (const turn of seen.stale.turns) await expect(w.answer(turn, "late")).rejects.toThrow("taken over");
      for (const delivery of seen.stale.deliveries) {
        await expect(w.store.completeDelivery(delivery.claim, {})).rejects.toThrow("taken over");
      }
      return;
    }
    default:
      next satisfies never;
  }
}

/** Ends what is under way, lets everybody write once more, works off the rest. */
async function finish(w: World, seen: Observed): Promise<void> {
  for (const turn of seen.turns) {
    await w.answer(turn);
    seen.add(seen.answered, turn.conversation.peer, ...textsOf(turn));
  }
  for (const delivery of seen.deliveries) {
    await w.store.completeDelivery(delivery.claim, {});
    seen.add(seen.shown, delivery.conversation.peer, textOfPiece(delivery));
  }
  for (const peer of PEERS) {
    await w.say(peer, `${peer} at last`);
    seen.add(seen.said, peer, `${peer} at last`);
  }
  for (;;) {
    const turns = await w.claimTurns();
    if (turns.length === 0) break;
    for (const turn of turns) {
      await w.answer(turn);
      seen.add(seen.answered, turn.conversation.peer, ...textsOf(turn));
    }
  }
  for (;;) {
    const deliveries = await w.claimDeliveries();
    if (deliveries.length === 0) break;
    for (const delivery of deliveries) {
      await w.store.completeDelivery(delivery.claim, {});
      seen.add(seen.shown, delivery.conversation.peer, textOfPiece(delivery));
    }
  }
}

export function modelTests(open: () => Promise<StoreUnderTest>): void {
  it("answers each message in exactly one turn and shows each piece once, in order, through any crashes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
        const w = new World(await open());
        const seen = new Observed();
        try {
          for (const [at, next] of steps.entries()) await perform(w, seen, next, at);
          await finish(w, seen);
        } finally {
          await w.under.close();
        }

        expect(Object.fromEntries(seen.answered)).toEqual(Object.fromEntries(seen.said));
        for (const [peer, texts] of seen.queued) expect(seen.shown.get(peer) ?? []).toEqual(texts);
      }),
      { numRuns: 30 },
    );
  }, 120_000);
}
