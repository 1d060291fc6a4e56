import type { StoredError } from "@wxgate/core";
import { sql } from "kysely";
import type { Context } from "../context.ts";
import { parseJson } from "../json.ts";
import { all, first, type Operation, run, type Sql } from "../sql.ts";
import { deliverAt } from "./conversations.ts";
import { createHold } from "./hold.ts";

interface AccountName {
  readonly channel: string;
  readonly account: string;
}

export type AccountOperations = ReturnType<typeof createAccounts>;

/** Pauses and paces of our identities on the platforms. */
export function createAccounts(e: Sql) {
  const hold = createHold(e);
  const pause = e.prepare((db, p: AccountName & { error: string; now: number; until: number | null }) =>
    db
      .insertInto("accounts")
      .values({
        channel: p.channel,
        account: p.account,
        error: p.error,
        paused_since: p.now,
        paused_until: p.until,
      })
      .onConflict((c) =>
        c.columns(["channel", "account"]).doUpdateSet({
          error: sql<string>`excluded.error`,
          paused_since: sql<number>`coalesce(accounts.paused_since, excluded.paused_since)`,
          paused_until: sql<number | null>`excluded.paused_until`,
        }),
      ),
  );
  const resume = e.prepare((db, p: AccountName) =>
    db
      .updateTable("accounts")
      .set({ error: null, paused_since: null, paused_until: null })
      .where("channel", "=", p.channel)
      .where("account", "=", p.account)
      .where("paused_since", "is not", null),
  );
  const stopConversations = e.prepare((db, p: AccountName) =>
    db
      .updateTable("conversations")
      .set({ deliver_at: null })
      .where("channel", "=", p.channel)
      .where("deliver_at", "is not", null)
      .where("account", "=", p.account),
  );
  const startConversations = e.prepare((db, p: AccountName) =>
    db
      .updateTable("conversations")
      .set({ deliver_at: deliverAt(sql.ref("conversations.id")) })
      .where("id", "in", (q) =>
        q
          .selectFrom("deliveries")
          .select("conversation_id")
          .where("active", "=", sql.lit(1))
          .where("channel", "=", p.channel)
          .where("account", "=", p.account),
      ),
  );
  const ended = e.prepare((db, p: { now: number }) =>
    db
      .selectFrom("accounts")
      .select(["channel", "account"])
      .where("paused_until", "is not", null)
      .where("paused_until", "<=", p.now),
  );
  const paused = e.prepare((db, p: { now: number }) =>
    db
      .selectFrom("accounts")
      .select(["channel", "account", "error", "paused_since", "paused_until"])
      .where("paused_since", "is not", null)
      .where((w) => w.or([w("paused_until", "is", null), w("paused_until", ">", p.now)])),
  );
  const pace = e.prepare((db, p: AccountName) =>
    db
      .selectFrom("accounts")
      .select(["last_sent_at", "next_slot_at"])
      .where("channel", "=", p.channel)
      .where("account", "=", p.account)
      .modifyEnd(e.lock),
  );
  const keepPace = e.prepare((db, p: AccountName & { lastSentAt: number | null; nextSlotAt: number | null }) =>
    db
      .insertInto("accounts")
      .values({
        channel: p.channel,
        account: p.account,
        last_sent_at: p.lastSentAt,
        next_slot_at: p.nextSlotAt,
      })
      .onConflict((c) =>
        c.columns(["channel", "account"]).doUpdateSet({
          last_sent_at: sql<number | null>`excluded.last_sent_at`,
          next_slot_at: sql<number | null>`excluded.next_slot_at`,
        }),
      ),
  );

  const operations = {
    *pause(context: Context, name: AccountName, error: StoredError, until?: number): Operation<void> {
      const { channel, account } = name;
      yield* run(pause, { channel, account, error: JSON.stringify(error), now: context.now, until: until ?? null });
      yield* run(stopConversations, { channel, account });
    },

    *resume(context: Context, { channel, account }: AccountName): Operation<void> {
      if ((yield* run(resume, { channel, account })) === 0) return;
      yield* hold.atRest(channel, account);
      yield* run(startConversations, { channel, account });
      context.wake("deliveries");
    },

    /** Ends the pauses whose time is over. */
    *resumeDue(context: Context): Operation<void> {
      for (const name of yield* all(ended, { now: context.now })) yield* operations.resume(context, name);
    },

    *paused(context: Context) {
      return (yield* all(paused, { now: context.now })).map((row) => ({
        channel: row.channel,
        account: row.account,
        error: parseJson<StoredError>(row.error ?? "{}"),
        since: row.paused_since ?? 0,
        ...(row.paused_until === null ? {} : { until: row.paused_until }),
      }));
    },

    /** Takes the account's next free moment: not after now when it may send at once, else when to come back. */
    *nextSlot(context: Context, { channel, account }: AccountName, gapMs: number): Operation<number> {
      const row = yield* first(pace, { channel, account });
      const free = row?.last_sent_at == null ? 0 : row.last_sent_at + gapMs;
      if (free <= context.now) {
        yield* run(keepPace, { channel, account, lastSentAt: context.now, nextSlotAt: row?.next_slot_at ?? null });
        return context.now;
      }
      const slot = Math.max(free, row?.next_slot_at ?? 0);
      yield* run(keepPace, { channel, account, lastSentAt: row?.last_sent_at ?? null, nextSlotAt: slot + gapMs });
      return slot;
    },
  };
  return operations;
}
