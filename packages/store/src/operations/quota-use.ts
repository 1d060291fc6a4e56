import type { QuotaUse, ReplyPolicy } from "@wxgate/core";
import { sql } from "kysely";
import type { Context } from "../context.ts";
import { appliesTo } from "../policy.ts";
import { all, type Operation, type Sql } from "../sql.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** The newest rows of the log of attempts that are looked at: more than an hour holds, and no long read. */
const MOST_ATTEMPTS = 50_000;

/** How much of the platform's limits is used, account by account. */
export function createQuotaUse(e: Sql) {
  const people = e.prepare((db, p: { channel: string; since: number; most: number }) =>
    db
      .selectFrom("conversations")
      .select(["account", "kind"])
      .select((s) => s.fn.countAll<number>().as("open"))
      .select(sql<number>`count(case when sends_since_inbound >= ${p.most} or window_closed = 1 then 1 end)`.as("used"))
      .where("channel", "=", p.channel)
      .where("last_inbound_at", ">", p.since)
      .groupBy(["account", "kind"]),
  );
  const sends = e.prepare((db, p: { channel: string; minute: number; hour: number; newest: number }) =>
    db
      .selectFrom("attempts as a")
      .innerJoin("conversations as c", "c.id", "a.conversation_id")
      .select(["c.account", "c.kind"])
      .select((s) => s.fn.countAll<number>().as("hour"))
      .select(sql<number>`count(case when a.at > ${p.minute} then 1 end)`.as("minute"))
      .where("c.channel", "=", p.channel)
      .where("a.counted", "=", 1)
      .where("a.at", ">", p.hour)
      .where("a.seq", ">", sql<number>`(select coalesce(max(seq), 0) from attempts) - ${p.newest}`)
      .groupBy(["a.conversation_id", "c.account", "c.kind"]),
  );

  return function* quotaUse(context: Context, channel: string, policy: ReplyPolicy): Operation<readonly QuotaUse[]> {
    const { now } = context;
    const found = new Map<string, { open: number; usedUp: number; minute: number; hour: number }>();
    const of = (account: string) => {
      const use = found.get(account) ?? { open: 0, usedUp: 0, minute: 0, hour: 0 };
      found.set(account, use);
      return use;
    };
    const { windowMs, sendsPerInbound = Number.MAX_SAFE_INTEGER } = policy;
    if (windowMs !== undefined) {
      for (const row of yield* all(people, { channel, since: now - windowMs, most: sendsPerInbound })) {
        if (!appliesTo(policy, row.kind as "direct")) continue;
        of(row.account).open += row.open;
        of(row.account).usedUp += row.used;
      }
    }
    const spans = { minute: now - MINUTE_MS, hour: now - HOUR_MS, newest: MOST_ATTEMPTS };
    for (const row of yield* all(sends, { channel, ...spans })) {
      if (!appliesTo(policy, row.kind as "direct")) continue;
      const use = of(row.account);
      use.minute = Math.max(use.minute, row.minute);
      use.hour = Math.max(use.hour, row.hour);
    }
    return [...found].map(([account, use]) => ({ account, ...use }));
  };
}
