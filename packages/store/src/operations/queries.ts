import type { DeliveryState } from "@wxgate/core";
import { sql } from "kysely";
import type { Ids } from "../ids.ts";
import { all, first, type Operation, type Sql } from "../sql.ts";
import { createConversationQueries } from "./conversation-queries.ts";
import { createDeliveryQueries } from "./delivery-queries.ts";
import { createRecordQueries } from "./record-queries.ts";

const DELIVERY_STATES: readonly DeliveryState[] = [
  "queued",
  "sending",
  "accepted",
  "confirmed",
  "failed-late",
  "deferred",
  "dead",
  "discarded",
];

/** What operators look at; nothing that works on messages needs it. */
export function createQueries(e: Sql, ids: Ids) {
  const { db } = e;
  const runningTurns = db
    .selectFrom("turns")
    .select((s) => s.fn.countAll<number>().as("count"))
    .where("active", "=", sql.lit(1))
    .where("state", "=", sql.lit("running"));
  const countWaiting = () =>
    db
      .selectFrom("messages as m")
      .select((s) => s.fn.countAll<number>().as("count"))
      .where("m.state", "=", sql.lit("waiting"));
  // By the same indexes they are claimed by: idle lanes, lanes at work, lanes that are no conversation, commands.
  const ofLane = () =>
    countWaiting()
      .innerJoin("conversations as c", "c.id", "m.conversation_id")
      .whereRef("m.seq", ">", "c.claimed_to")
      .where("m.lane", "is", null)
      .where("m.kind", "not in", [sql.lit("command"), sql.lit("aside")])
      .where("c.turn_at", "is not", null);
  const waiting = [
    ofLane().where("c.turn_seq", "is", null),
    ofLane()
      .innerJoin("turns as t", "t.lane_id", "c.id")
      .where("t.active", "=", sql.lit(1))
      .where("t.kind", "=", sql.lit("turn")),
    countWaiting()
      .where("m.lane", "is not", null)
      .where("m.kind", "not in", [sql.lit("command"), sql.lit("aside")]),
    countWaiting().where("m.kind", "=", sql.lit("command")),
  ];

  return {
    ...createConversationQueries(e, ids),
    ...createDeliveryQueries(e, ids),
    ...createRecordQueries(e, ids),

    *counts(): Operation<{
      waitingMessages: number;
      runningTurns: number;
      deliveries: Readonly<Record<DeliveryState, number>>;
    }> {
      let waitingMessages = 0;
      for (const query of waiting) waitingMessages += (yield* first(e.compile(query), {}))?.count ?? 0;
      const running = yield* first(e.compile(runningTurns), {});
      const deliveries = Object.fromEntries(DELIVERY_STATES.map((state) => [state, 0])) as Record<
        DeliveryState,
        number
      >;
      for (const active of [0, 1]) {
        const query = db
          .selectFrom("deliveries")
          .select(["state", (s) => s.fn.countAll<number>().as("count")])
          .where("active", "=", sql.lit(active))
          .groupBy("state");
        for (const row of yield* all(e.compile(query), {})) deliveries[row.state as DeliveryState] = row.count;
      }
      return { waitingMessages, runningTurns: running?.count ?? 0, deliveries };
    },
  };
}
