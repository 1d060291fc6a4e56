import { sql } from "kysely";
import type { Context } from "../context.ts";
import { all, type Operation, run, type Sql } from "../sql.ts";
import type { AttemptOperations } from "./attempts.ts";
import type { ConversationOperations } from "./conversations.ts";
import type { LaneOperations } from "./lanes.ts";

/** How long claims of a worker last that has not told us better yet. */
const FIRST_TTL_MS = 15_000;

const INTERRUPTED: string = JSON.stringify({
  code: "gateway.interrupted",
  message: "the gateway stopped while it worked on this",
  hint: "it is repeated; where the platform cannot recognise a repeat it may arrive twice",
});

export type WorkerOperations = ReturnType<typeof createWorkers>;

export function createWorkers(
  e: Sql,
  {
    conversations,
    lanes,
    attempts,
  }: { conversations: ConversationOperations; lanes: LaneOperations; attempts: AttemptOperations },
) {
  const introduce = e.prepare((db, p: { worker: string; expiresAt: number }) =>
    db
      .insertInto("workers")
      .values({ worker: p.worker, expires_at: p.expiresAt })
      .onConflict((c) => c.column("worker").doNothing()),
  );
  const renew = e.prepare((db, p: { worker: string; expiresAt: number }) =>
    db
      .insertInto("workers")
      .values({ worker: p.worker, expires_at: p.expiresAt })
      .onConflict((c) => c.column("worker").doUpdateSet({ expires_at: sql<number>`excluded.expires_at` })),
  );
  const forgetStopped = e.prepare((db, p: { now: number }) =>
    db.deleteFrom("workers").where("expires_at", "<=", p.now).returning("worker"),
  );
  const forget = e.prepare((db, p: { worker: string }) => db.deleteFrom("workers").where("worker", "=", p.worker));
  const forgetAll = e.prepare((db, _: object) => db.deleteFrom("workers"));
  const claimants = e.prepare((db, _: object) =>
    db
      .selectFrom("turns")
      .select("worker")
      .where("active", "=", sql.lit(1))
      .where("state", "=", sql.lit("running"))
      .union(db.selectFrom("deliveries").select("worker").where("state", "=", sql.lit("sending"))),
  );
  const freeTurns = e.prepare((db, p: { worker: string; now: number }) =>
    db
      .updateTable("turns")
      .set({ state: "waiting", worker: null, due_at: p.now })
      .where("active", "=", sql.lit(1))
      .where("worker", "=", p.worker)
      .where("state", "=", sql.lit("running"))
      .returning(["seq", "conversation_id", "attempt", "claimed_at"]),
  );
  const freeDeliveries = e.prepare((db, p: { worker: string; now: number; error: string }) =>
    db
      .updateTable("deliveries")
      .set({ state: "queued", worker: null, due_at: p.now, error: p.error, updated_at: p.now })
      .where("worker", "=", p.worker)
      .where("state", "=", sql.lit("sending"))
      .returning(["seq", "conversation_id", "attempt", "claimed_at"]),
  );

  function* free(context: Context, worker: string): Operation<void> {
    for (const turn of yield* all(freeTurns, { worker, now: context.now })) {
      yield* attempts.append(context, "turn", turn, "interrupted", INTERRUPTED);
      yield* lanes.turnGivenBack(context, turn.conversation_id);
      context.wake("turns");
    }
    for (const delivery of yield* all(freeDeliveries, { worker, now: context.now, error: INTERRUPTED })) {
      // Whether the platform took it is unknown: it stays counted against the quota.
      yield* attempts.append(context, "delivery", delivery, "unknown", INTERRUPTED);
      yield* conversations.finishSending(delivery.conversation_id, false);
      yield* conversations.rearm(context, delivery.conversation_id);
    }
  }

  return {
    *introduce(context: Context, worker: string): Operation<void> {
      yield* run(introduce, { worker, expiresAt: context.now + FIRST_TTL_MS });
    },

    *heartbeat(context: Context, worker: string, ttlMs: number): Operation<void> {
      yield* run(renew, { worker, expiresAt: context.now + ttlMs });
      for (const stopped of yield* all(forgetStopped, { now: context.now })) yield* free(context, stopped.worker);
    },

    *release(context: Context, worker: string): Operation<void> {
      yield* run(forget, { worker });
      yield* free(context, worker);
    },

    /** One process alone: whoever held something before is gone. */
    *releaseAll(context: Context): Operation<void> {
      yield* run(forgetAll, {});
      for (const { worker } of yield* all(claimants, {})) if (worker !== null) yield* free(context, worker);
    },
  };
}
