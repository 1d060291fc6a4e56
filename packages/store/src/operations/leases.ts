import { sql } from "kysely";
import type { Context } from "../context.ts";
import { first, type Operation, run, type Sql } from "../sql.ts";

export function createLeases(e: Sql) {
  const acquire = e.prepare((db, p: { key: string; owner: string; now: number; expiresAt: number }) =>
    db
      .insertInto("leases")
      .values({ key: p.key, owner: p.owner, number: 1, expires_at: p.expiresAt })
      .onConflict((c) =>
        c
          .column("key")
          .doUpdateSet({
            owner: sql<string>`excluded.owner`,
            number: sql<number>`case when leases.owner = excluded.owner then leases.number else leases.number + 1 end`,
            expires_at: sql<number>`excluded.expires_at`,
          })
          .where((w) => w.or([w("leases.owner", "=", p.owner), w("leases.expires_at", "<=", p.now)])),
      )
      .returning("number"),
  );
  // The row stays: its number must go on growing.
  const release = e.prepare((db, p: { key: string; owner: string }) =>
    db.updateTable("leases").set({ owner: "", expires_at: 0 }).where("key", "=", p.key).where("owner", "=", p.owner),
  );
  const releaseAll = e.prepare((db, _: object) => db.updateTable("leases").set({ owner: "", expires_at: 0 }));

  return {
    *acquire(context: Context, key: string, owner: string, ttlMs: number): Operation<number | undefined> {
      const args = { key, owner, now: context.now, expiresAt: context.now + ttlMs };
      return (yield* first(acquire, args))?.number;
    },
    *release(key: string, owner: string): Operation<void> {
      yield* run(release, { key, owner });
    },
    *releaseAll(): Operation<void> {
      yield* run(releaseAll, {});
    },
  };
}
