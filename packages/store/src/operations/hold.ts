import { all, type Operation, type Sql } from "../sql.ts";

/**
 * Locks a conversation's row before something in it is computed from other tables. PostgreSQL computes from what was committed
 * when the statement began: one that waits for the row while another gateway adds a message or a delivery would not see it,
 * and nobody would look for it again.
 */
export function createHold(e: Sql) {
  const byId = e.prepare((db, p: { id: number }) =>
    db.selectFrom("conversations").select("id").where("id", "=", p.id).modifyEnd(e.lock),
  );
  const byKey = e.prepare((db, p: { key: string }) =>
    db.selectFrom("conversations").select("id").where("key", "=", p.key).modifyEnd(e.lock),
  );
  const atRest = e.prepare((db, p: { channel: string; account: string }) =>
    db
      .selectFrom("conversations")
      .select("id")
      .where("channel", "=", p.channel)
      .where("account", "=", p.account)
      .where("deliver_at", "is", null)
      .orderBy("id")
      .modifyEnd(e.lock),
  );
  return {
    *id(id: number): Operation<void> {
      if (e.concurrent) yield* all(byId, { id });
    },
    *key(key: string): Operation<void> {
      if (e.concurrent) yield* all(byKey, { key });
    },
    /** Those of an account of which nothing is due. */
    *atRest(channel: string, account: string): Operation<void> {
      if (e.concurrent) yield* all(atRest, { channel, account });
    },
  };
}
