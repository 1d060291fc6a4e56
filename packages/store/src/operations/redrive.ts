import type { DeliveryState } from "@wxgate/core";
import { sql } from "kysely";
import type { Context } from "../context.ts";
import { REDRIVABLE } from "../policy.ts";
import { first, type Operation, run, type Sql } from "../sql.ts";
import { type ConversationOperations, HUMAN_SERVES } from "./conversations.ts";

/** What an operator does with deliveries that ended badly. */
export function createRedrive(e: Sql, conversations: ConversationOperations) {
  const read = e.prepare((db, p: { id: string }) =>
    db.selectFrom("deliveries").select(["seq", "state", "conversation_id"]).where("id", "=", p.id).modifyEnd(e.lock),
  );
  const extend = e.prepare((db, p: { id: number }) =>
    db
      .updateTable("conversations")
      .set({ tail: sql<number>`tail + 1` })
      .where("id", "=", p.id)
      .returning(["tail", "served_by"]),
  );
  const requeue = e.prepare(
    (
      db,
      p: {
        seq: number;
        position: number;
        state: string;
        defer: string | null;
        error: string | null;
        now: number;
      },
    ) =>
      db
        .updateTable("deliveries")
        .set({
          position: p.position,
          state: p.state,
          defer: p.defer,
          error: p.error,
          active: 1,
          attempt: 0,
          due_at: p.now,
          late: null,
          platform_id: null,
          receipt: null,
          queued_at: p.now,
          updated_at: p.now,
        })
        .where("seq", "=", p.seq),
  );
  const discard = e.prepare((db, p: { id: string; now: number }) =>
    db
      .updateTable("deliveries")
      .set({ state: "discarded", active: 0, defer: null, updated_at: p.now })
      .where("id", "=", p.id)
      .where("state", "in", [sql.lit("queued"), sql.lit("deferred"), sql.lit("dead"), sql.lit("failed-late")])
      .returning("conversation_id"),
  );

  return {
    *redrive(context: Context, id: string): Operation<boolean> {
      const row = yield* first(read, { id });
      if (row === undefined || !REDRIVABLE.includes(row.state as DeliveryState)) return false;
      const room = yield* first(extend, { id: row.conversation_id });
      if (room === undefined) return false;
      const human = room.served_by === "human";
      yield* run(requeue, {
        seq: row.seq,
        position: room.tail,
        state: human ? "deferred" : "queued",
        defer: human ? "human" : null,
        error: human ? HUMAN_SERVES : null,
        now: context.now,
      });
      yield* conversations.rearm(context, row.conversation_id);
      return true;
    },

    *discard(context: Context, id: string): Operation<boolean> {
      const row = yield* first(discard, { id, now: context.now });
      if (row === undefined) return false;
      yield* conversations.rearm(context, row.conversation_id);
      return true;
    },
  };
}
