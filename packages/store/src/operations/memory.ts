import type { SessionMemory } from "@wxgate/core";
import type { Context } from "../context.ts";
import type { Ids } from "../ids.ts";
import { first, type Operation, run, type Sql } from "../sql.ts";
import type { LaneOperations } from "./lanes.ts";

export type MemoryOperations = ReturnType<typeof createMemory>;

/** The beginning of a lane's session in short: one row, and none of a session that is over. */
export function createMemory(e: Sql, { ids, lanes }: { ids: Ids; lanes: LaneOperations }) {
  const read = e.prepare((db, p: { lane: string; session: string }) =>
    db
      .selectFrom("session_memory")
      .select(["summary", "up_to"])
      .where("lane", "=", p.lane)
      .where("session", "=", p.session),
  );
  const insert = e.prepare((db, p: { lane: string; session: string; summary: string; upTo: number; now: number }) =>
    db
      .insertInto("session_memory")
      .values({ lane: p.lane, session: p.session, summary: p.summary, up_to: p.upTo, updated_at: p.now })
      // What is left of an earlier session makes room; what this one remembers by now does not.
      .onConflict((conflict) =>
        conflict
          .column("lane")
          .doUpdateSet({ session: p.session, summary: p.summary, up_to: p.upTo, updated_at: p.now })
          .where("session_memory.session", "<>", p.session),
      ),
  );
  const replace = e.prepare(
    (db, p: { lane: string; session: string; summary: string; upTo: number; before: number; now: number }) =>
      db
        .updateTable("session_memory")
        .set({ summary: p.summary, up_to: p.upTo, updated_at: p.now })
        .where("lane", "=", p.lane)
        .where("session", "=", p.session)
        .where("up_to", "=", p.before),
  );
  const forget = e.prepare((db, p: { lane: string }) => db.deleteFrom("session_memory").where("lane", "=", p.lane));
  const expire = e.prepare((db, p: { before: number }) =>
    db.deleteFrom("session_memory").where("updated_at", "<", p.before),
  );

  return {
    *get(lane: string, session: string): Operation<SessionMemory | undefined> {
      const row = yield* first(read, { lane, session });
      return row === undefined ? undefined : { summary: row.summary, upTo: ids.format("trn", row.up_to) };
    },

    *save(
      context: Context,
      lane: string,
      session: string,
      { summary, upTo: turn }: SessionMemory,
      before: string | undefined,
    ): Operation<boolean> {
      const upTo = ids.parse("trn", turn);
      const from = before === undefined ? undefined : ids.parse("trn", before);
      const row = yield* lanes.find(lane);
      if (upTo === undefined || row?.session !== session || (before !== undefined && from === undefined)) return false;
      const fields = { lane, session, summary, upTo, now: context.now };
      const saved = from === undefined ? yield* run(insert, fields) : yield* run(replace, { ...fields, before: from });
      return saved > 0;
    },

    *forget(lane: string): Operation<void> {
      yield* run(forget, { lane });
    },

    *expire(before: number): Operation<void> {
      yield* run(expire, { before });
    },
  };
}
