import { type RawBuilder, sql } from "kysely";
import type { Context } from "../context.ts";
import type { Tables } from "../schema.ts";
import { all, type Operation, run, type Sql } from "../sql.ts";
import type { MemoryOperations } from "./memory.ts";

const BATCH = 500;
/** Platforms repeat what was not acknowledged for days; ids must be known longer than that. */
const LEAST_KEEP_MS = 7 * 24 * 3_600_000;

/** One batch behind number `after`; gives the number to go on behind, undefined at the end. */
export type PruneWalk = (context: Context, after: number, keepMs: number) => Operation<number | undefined>;

interface Prunable {
  readonly table: keyof Tables;
  /** The column that holds a row's time. */
  readonly at: string;
  /** Which of the old rows may go. Default: all. */
  readonly when?: RawBuilder<unknown>;
}

const PRUNABLE: readonly Prunable[] = [
  {
    table: "messages",
    at: "received_at",
    // A rating may wait for ever for its person's next word.
    when: sql`(state not in ('waiting', 'claimed') or (state = 'waiting' and kind = 'aside'))`,
  },
  { table: "events", at: "received_at" },
  { table: "turns", at: "created_at", when: sql`active = 0` },
  { table: "deliveries", at: "created_at", when: sql`active = 0` },
  {
    table: "replies",
    at: "created_at",
    when: sql`not exists (select 1 from deliveries d where d.conversation_id = replies.conversation_id and d.active = 1)`,
  },
  {
    table: "questions",
    at: "created_at",
    when: sql`not exists (select 1 from turns t where t.seq = questions.turn_seq and t.active = 1)`,
  },
  { table: "attempts", at: "ended_at" },
  { table: "schedule_runs", at: "fired_at", when: sql`state <> 'queued'` },
];

/**
 * Rows are numbered in the order of their time, so a walk from the oldest ends at the first that is young enough. The
 * newest row stays in any case, so that its number is not given out again.
 */
export function createPrune(e: Sql, memory: MemoryOperations): readonly PruneWalk[] {
  return [...PRUNABLE.map((prunable) => walk(e, prunable)), expiredState(e), forgotten(memory)];
}

function walk(e: Sql, { table, at, when = sql`1 = 1` }: Prunable): PruneWalk {
  const [rows, time] = [sql.table(table), sql.ref(at)];
  const batch = e.prepare((db, p: { after: number; limit: number }) => ({
    compile: () =>
      sql<{ seq: number; at: number }>`select seq, ${time} as at from ${rows} where seq > ${p.after}
        order by seq limit ${p.limit}`.compile(db),
  }));
  const remove = e.prepare((db, p: { after: number; last: number; before: number }) => ({
    compile: () =>
      sql`delete from ${rows} where seq > ${p.after} and seq <= ${p.last} and ${time} < ${p.before}
        and seq < (select max(newest.seq) from ${rows} as newest) and ${when}`.compile(db),
  }));
  return function* (context, after, keepMs) {
    const before = context.now - Math.max(keepMs, LEAST_KEEP_MS);
    const found = yield* all(batch, { after, limit: BATCH });
    const old = found.filter((row) => row.at < before);
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
