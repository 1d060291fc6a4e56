import type { DeliveryState, StoredError } from "@wxgate/core";
import { sql } from "kysely";
import type { Context } from "../context.ts";
import { randomText } from "../ids.ts";
import { parseJson } from "../json.ts";
import { REDRIVABLE } from "../policy.ts";
import { first, type Operation, run, type Sql } from "../sql.ts";
import { type ConversationOperations, HUMAN_SERVES } from "./conversations.ts";

const SENT_AGAIN = "delivery.sent-again";

/** What an operator does with deliveries that ended badly. */
export function createRedrive(e: Sql, conversations: ConversationOperations) {
  const read = e.prepare((db, p: { id: string }) =>
    db
      .selectFrom("deliveries")
      .select(["seq", "state", "error", "conversation_id"])
      .where("id", "=", p.id)
      .modifyEnd(e.lock),
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
          // What was uploaded may be gone by now, and whether more waits is asked anew.
          staged_piece: null,
          note: null,
          due_at: p.now,
          late: null,
          platform_id: null,
          receipt: null,
          queued_at: p.now,
          updated_at: p.now,
        })
        .where("seq", "=", p.seq),
  );
  const copy = e.prepare(
    (
      db,
      p: {
        seq: number;
        id: string;
        position: number;
        state: string;
        defer: string | null;
        error: string | null;
        now: number;
      },
    ) =>
      db
        .insertInto("deliveries")
        .columns([
          "id",
          "reply_id",
          "reply_seq",
          "turn_seq",
          "conversation_id",
          "channel",
          "account",
          "position",
          "state",
          "active",
          "defer",
          "error",
          "due_at",
          "piece",
          "created_at",
          "queued_at",
          "updated_at",
        ])
        .expression((of) =>
          of
            .selectFrom("deliveries as d")
            .select([
              sql<string>`cast(${p.id} as text)`.as("id"),
              "d.reply_id",
              "d.reply_seq",
              "d.turn_seq",
              "d.conversation_id",
              "d.channel",
              "d.account",
              sql<number>`cast(${p.position} as bigint)`.as("position"),
              sql<string>`cast(${p.state} as text)`.as("state"),
              sql<number>`1`.as("active"),
              sql<string | null>`cast(${p.defer} as text)`.as("defer"),
              sql<string | null>`cast(${p.error} as text)`.as("error"),
              sql<number>`cast(${p.now} as bigint)`.as("due_at"),
              "d.piece",
              sql<number>`cast(${p.now} as bigint)`.as("created_at"),
              sql<number>`cast(${p.now} as bigint)`.as("queued_at"),
              sql<number>`cast(${p.now} as bigint)`.as("updated_at"),
            ])
            .where("d.seq", "=", p.seq),
        ),
  );
  const replace = e.prepare((db, p: { seq: number; error: string; now: number }) =>
    db
      .updateTable("deliveries")
      .set({ state: "discarded", error: p.error, updated_at: p.now })
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

  /** The platform took it once: by the same id it would take the repeat for the same message and drop it. */
  function* sendAgain(context: Context, place: Parameters<typeof requeue.bind>[0]): Operation<void> {
    const id = randomText(context.random, 24);
    yield* run(copy, { ...place, id });
    const error: StoredError = { code: SENT_AGAIN, message: `it is sent again as ${id}` };
    yield* run(replace, { seq: place.seq, error: JSON.stringify(error), now: context.now });
  }

  return {
    *redrive(context: Context, id: string): Operation<boolean> {
      const row = yield* first(read, { id });
      if (row === undefined || !REDRIVABLE.includes(row.state as DeliveryState)) return false;
      if (row.error !== null && parseJson<StoredError>(row.error).code === SENT_AGAIN) return false;
      const room = yield* first(extend, { id: row.conversation_id });
      if (room === undefined) return false;
      const human = room.served_by === "human";
      const place = {
        seq: row.seq,
        position: room.tail,
        state: human ? "deferred" : "queued",
        defer: human ? "human" : null,
        error: human ? HUMAN_SERVES : null,
        now: context.now,
      };
      if (row.state === "failed-late") yield* sendAgain(context, place);
      else yield* run(requeue, place);
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
