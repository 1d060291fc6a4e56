import { sql } from "kysely";
import type { Context } from "../context.ts";
import { all, type Operation, run, type Sql, type Statement } from "../sql.ts";
import type { MemoryOperations } from "./memory.ts";

const BATCH = 500;
/** Platforms repeat what was not acknowledged for days; ids must be known longer than that. */
const LEAST_KEEP_MS = 7 * 24 * 3_600_000;

/** One batch behind number `after`; gives the number to go on behind, undefined at the end. */
export type PruneWalk = (context: Context, after: number, keepMs: number) => Operation<number | undefined>;

interface Walkable {
  readonly batch: Statement<{ after: number; limit: number }, { seq: number; at: number }>;
  readonly remove: Statement<{ after: number; last: number; before: number }, unknown>;
}

/**
 * Rows are numbered in the order of their time, so a walk from the oldest ends at the first that is young enough. The
 * newest row stays in any case, so that its number is not given out again.
 */
export function createPrune(e: Sql, memory: MemoryOperations): readonly PruneWalk[] {
  const tables: readonly Walkable[] = [
    {
      batch: e.prepare((db, p) =>
        db
          .selectFrom("messages")
          .select(["seq", "received_at as at"])
          .where("seq", ">", p.after)
          .orderBy("seq")
          .limit(p.limit),
      ),
      remove: e.prepare((db, p) =>
        db
          .deleteFrom("messages")
          .where("seq", "<", (q) =>
            q.selectFrom("messages as newest").select((n) => n.fn.max<number>("newest.seq").as("seq")),
          )
          .where("seq", ">", p.after)
          .where("seq", "<=", p.last)
          .where("received_at", "<", p.before)
          // A rating may wait for ever for its person's next word.
          .where((w) =>
            w.or([
              w("state", "not in", [sql.lit("waiting"), sql.lit("claimed")]),
              w.and([w("state", "=", sql.lit("waiting")), w("kind", "=", sql.lit("aside"))]),
            ]),
          ),
      ),
    },
    {
      batch: e.prepare((db, p) =>
        db
          .selectFrom("events")
          .select(["seq", "received_at as at"])
          .where("seq", ">", p.after)
          .orderBy("seq")
          .limit(p.limit),
      ),
      remove: e.prepare((db, p) =>
        db
          .deleteFrom("events")
          .where("seq", "<", (q) =>
            q.selectFrom("events as newest").select((n) => n.fn.max<number>("newest.seq").as("seq")),
          )
          .where("seq", ">", p.after)
          .where("seq", "<=", p.last)
          .where("received_at", "<", p.before),
      ),
    },
    {
      batch: e.prepare((db, p) =>
        db
          .selectFrom("turns")
          .select(["seq", "created_at as at"])
          .where("seq", ">", p.after)
          .orderBy("seq")
          .limit(p.limit),
      ),
      remove: e.prepare((db, p) =>
        db
          .deleteFrom("turns")
          .where("seq", "<", (q) =>
            q.selectFrom("turns as newest").select((n) => n.fn.max<number>("newest.seq").as("seq")),
          )
          .where("seq", ">", p.after)
          .where("seq", "<=", p.last)
          .where("created_at", "<", p.before)
          .where("active", "=", sql.lit(0)),
      ),
    },
    {
      batch: e.prepare((db, p) =>
        db
          .selectFrom("deliveries")
          .select(["seq", "created_at as at"])
          .where("seq", ">", p.after)
          .orderBy("seq")
          .limit(p.limit),
      ),
      remove: e.prepare((db, p) =>
        db
          .deleteFrom("deliveries")
          .where("seq", "<", (q) =>
            q.selectFrom("deliveries as newest").select((n) => n.fn.max<number>("newest.seq").as("seq")),
          )
          .where("seq", ">", p.after)
          .where("seq", "<=", p.last)
          .where("created_at", "<", p.before)
          .where("active", "=", sql.lit(0)),
      ),
    },
    {
      batch: e.prepare((db, p) =>
        db
          .selectFrom("replies")
          .select(["seq", "created_at as at"])
          .where("seq", ">", p.after)
          .orderBy("seq")
          .limit(p.limit),
      ),
      remove: e.prepare((db, p) =>
        db
          .deleteFrom("replies")
          .where("seq", "<", (q) =>
            q.selectFrom("replies as newest").select((n) => n.fn.max<number>("newest.seq").as("seq")),
          )
          .where("seq", ">", p.after)
          .where("seq", "<=", p.last)
          .where("created_at", "<", p.before)
          .where((w) =>
            w.not(
              w.exists(
                w
                  .selectFrom("deliveries as d")
                  .select("d.seq")
                  .whereRef("d.conversation_id", "=", "replies.conversation_id")
                  .where("d.active", "=", sql.lit(1)),
              ),
            ),
          ),
      ),
    },
    {
      batch: e.prepare((db, p) =>
        db
          .selectFrom("questions")
          .select(["seq", "created_at as at"])
          .where("seq", ">", p.after)
          .orderBy("seq")
          .limit(p.limit),
      ),
      remove: e.prepare((db, p) =>
        db
          .deleteFrom("questions")
          .where("seq", ">", p.after)
          .where("seq", "<=", p.last)
          .where("created_at", "<", p.before)
          .where((w) =>
            w.not(
              w.exists(
                w
                  .selectFrom("turns as t")
                  .select("t.seq")
                  .whereRef("t.seq", "=", "questions.turn_seq")
                  .where("t.active", "=", sql.lit(1)),
              ),
            ),
          ),
      ),
    },
    {
      batch: e.prepare((db, p) =>
        db
          .selectFrom("attempts")
          .select(["seq", "ended_at as at"])
          .where("seq", ">", p.after)
          .orderBy("seq")
          .limit(p.limit),
      ),
      remove: e.prepare((db, p) =>
        db
          .deleteFrom("attempts")
          .where("seq", "<", (q) =>
            q.selectFrom("attempts as newest").select((n) => n.fn.max<number>("newest.seq").as("seq")),
          )
          .where("seq", ">", p.after)
          .where("seq", "<=", p.last)
          .where("ended_at", "<", p.before),
      ),
    },
    {
      batch: e.prepare((db, p) =>
        db
          .selectFrom("schedule_runs")
          .select(["seq", "fired_at as at"])
          .where("seq", ">", p.after)
          .orderBy("seq")
          .limit(p.limit),
      ),
      remove: e.prepare((db, p) =>
        db
          .deleteFrom("schedule_runs")
          .where("seq", "<", (q) =>
            q.selectFrom("schedule_runs as newest").select((n) => n.fn.max<number>("newest.seq").as("seq")),
          )
          .where("seq", ">", p.after)
          .where("seq", "<=", p.last)
          .where("fired_at", "<", p.before)
          .where("state", "<>", sql.lit("queued")),
      ),
    },
  ];
  return [...tables.map(walk), expiredState(e), forgotten(memory)];
}

function walk({ batch, remove }: Walkable): PruneWalk {
  return function* (context, after, keepMs) {
    const before = context.now - Math.max(keepMs, LEAST_KEEP_MS);
    const rows = yield* all(batch, { after, limit: BATCH });
    const old = rows.filter((row) => row.at < before);
    const last = old.at(-1);
    if (last === undefined) return undefined;
    yield* run(remove, { after, last: last.seq, before });
    return old.length === BATCH ? last.seq : undefined;
  };
}

/** A session nobody spoke in for so long has no turns left either. */
function forgotten(memory: MemoryOperations): PruneWalk {
  return function* (context, _after, keepMs) {
    yield* memory.expire(context.now - Math.max(keepMs, LEAST_KEEP_MS));
    return undefined;
  };
}

function expiredState(e: Sql): PruneWalk {
  const expired = e.prepare((db, p: { now: number; limit: number }) =>
    db.selectFrom("channel_state").select(["channel", "key"]).where("expires_at", "<=", p.now).limit(p.limit),
  );
  const remove = e.prepare((db, p: { channel: string; key: string; now: number }) =>
    db
      .deleteFrom("channel_state")
      .where("channel", "=", p.channel)
      .where("key", "=", p.key)
      .where("expires_at", "<=", p.now),
  );
  return function* (context, after) {
    const rows = yield* all(expired, { now: context.now, limit: BATCH });
    for (const row of rows) yield* run(remove, { ...row, now: context.now });
    return rows.length === BATCH ? after + 1 : undefined;
  };
}
