import { type FailedTurnRow, type Page, type Paged, SCHEDULE_CHANNEL } from "@wxgate/core";
import { sql } from "kysely";
import type { Context } from "../context.ts";
import type { Ids } from "../ids.ts";
import { errorField, parseJson } from "../json.ts";
import { first, type Operation, run, type Sql } from "../sql.ts";
import { newestFirst } from "./paging.ts";
import { toAddress } from "./standing.ts";

/** Turns whose agent failed for good, and what an operator does with them. */
export function createFailedTurns(e: Sql, ids: Ids) {
  const { db } = e;
  const rows = () =>
    db
      .selectFrom("turns as t")
      .innerJoin("conversations as c", "c.id", "t.conversation_id")
      .select(["t.seq", "t.messages", "t.attempt", "t.error", "t.created_at", "t.finished_at"])
      .select(["c.channel", "c.account", "c.kind", "c.peer"])
      // As text, not as a parameter: so the index of failed turns is used.
      .where("t.outcome", "=", sql.lit("failed"))
      .where("t.kind", "=", sql.lit("turn"))
      .where("t.channel", "<>", sql.lit(SCHEDULE_CHANNEL));
  const read = e.prepare((of, p: { seq: number }) =>
    of
      .selectFrom("turns")
      .select(["lane_id", "conversation_id"])
      .where("seq", "=", p.seq)
      .where("outcome", "=", sql.lit("failed"))
      .where("kind", "=", sql.lit("turn"))
      .where("channel", "<>", sql.lit(SCHEDULE_CHANNEL))
      .modifyEnd(e.lock),
  );
  const servedBy = e.prepare((of, p: { id: number }) =>
    of.selectFrom("conversations").select("served_by").where("id", "=", p.id).modifyEnd(e.lock),
  );
  const anyMessage = e.prepare((of, p: { id: number; turn: number }) =>
    of
      .selectFrom("messages")
      .select("seq")
      .where("conversation_id", "=", p.id)
      .where("turn_seq", "=", p.turn)
      .where("state", "=", sql.lit("done"))
      .limit(1),
  );
  const occupy = e.prepare((of, p: { lane: number; turn: number }) =>
    of
      .updateTable("conversations")
      .set({ turn_seq: p.turn })
      .where("id", "=", p.lane)
      .where("turn_seq", "is", null)
      .returning("id"),
  );
  const take = e.prepare((of, p: { id: number; turn: number }) =>
    of
      .updateTable("messages")
      .set({ state: "claimed" })
      .where("conversation_id", "=", p.id)
      .where("turn_seq", "=", p.turn)
      .where("state", "=", sql.lit("done")),
  );
  const reopen = e.prepare((of, p: { seq: number; now: number }) =>
    of
      .updateTable("turns")
      .set({
        state: "waiting",
        active: 1,
        attempt: 0,
        due_at: p.now,
        cancelled: 0,
        // What was shown has ended with the words for a failure.
        stream: null,
        shown: null,
        outcome: null,
        error: null,
        failing_since: null,
        finished_at: null,
      })
      .where("seq", "=", p.seq),
  );

  return {
    *list(page: Page & { readonly channel?: string }): Operation<Paged<FailedTurnRow>> {
      let query = rows();
      if (page.channel !== undefined) query = query.where("t.channel", "=", page.channel);
      return yield* newestFirst(e, query, "t.seq", page, (row) => ({
        id: ids.format("trn", row.seq),
        conversation: toAddress(row),
        messages: parseJson<number[]>(row.messages).map((seq) => ids.format("msg", seq)),
        attempt: row.attempt,
        ...errorField(row.error),
        createdAt: row.created_at,
        failedAt: row.finished_at ?? row.created_at,
      }));
    },

    *redrive(context: Context, id: string): Operation<boolean> {
      const seq = ids.parse("trn", id);
      const turn = seq === undefined ? undefined : yield* first(read, { seq });
      if (seq === undefined || turn === undefined) return false;
      const conversation = { id: turn.conversation_id, turn: seq };
      if ((yield* first(servedBy, conversation))?.served_by === "human") return false;
      if ((yield* first(anyMessage, conversation)) === undefined) return false;
      if ((yield* first(occupy, { lane: turn.lane_id, turn: seq })) === undefined) return false;
      yield* run(take, conversation);
      yield* run(reopen, { seq, now: context.now });
      context.wake("turns");
      return true;
    },
  };
}
