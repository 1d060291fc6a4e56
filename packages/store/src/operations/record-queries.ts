import type { AuditEntry, EventRow, Page, Paged } from "@wxgate/core";
import type { Context } from "../context.ts";
import type { Ids } from "../ids.ts";
import { parseEvent, parseOptional, toJson } from "../json.ts";
import { all, type Operation, run, type Sql } from "../sql.ts";
import { cursorOf, paged, rowsWanted } from "./paging.ts";

/** What happened: the platforms' events, and what operators did. */
export function createRecordQueries(e: Sql, ids: Ids) {
  const { db } = e;
  const audit = e.prepare(
    (of, p: { now: number; actor: string; action: string; subject: string | null; detail: string | null }) =>
      of
        .insertInto("audit")
        .values({ at: p.now, actor: p.actor, action: p.action, subject: p.subject, detail: p.detail }),
  );

  return {
    *events(page: Page & { readonly channel?: string }): Operation<Paged<EventRow>> {
      const cursor = cursorOf(page, 1);
      let query = db
        .selectFrom("events")
        .select(["seq", "received_at", "body"])
        .orderBy("seq", "desc")
        .limit(rowsWanted(page));
      if (page.channel !== undefined) query = query.where("channel", "=", page.channel);
      if (cursor !== undefined) query = query.where("seq", "<", cursor[0] ?? 0);
      const rows = yield* all(e.compile(query), {});
      return paged(
        rows,
        page,
        (row) => [row.seq],
        (row) => ({
          id: ids.format("evt", row.seq),
          event: parseEvent(row.body),
          receivedAt: row.received_at,
        }),
      );
    },

    *audit(page: Page): Operation<Paged<AuditEntry>> {
      const cursor = cursorOf(page, 1);
      let query = db.selectFrom("audit").selectAll().orderBy("seq", "desc").limit(rowsWanted(page));
      if (cursor !== undefined) query = query.where("seq", "<", cursor[0] ?? 0);
      const rows = yield* all(e.compile(query), {});
      return paged(
        rows,
        page,
        (row) => [row.seq],
        (row) => {
          const detail = parseOptional<NonNullable<AuditEntry["detail"]>>(row.detail);
          return {
            at: row.at,
            actor: row.actor,
            action: row.action,
            ...(row.subject === null ? {} : { subject: row.subject }),
            ...(detail === undefined ? {} : { detail }),
          };
        },
      );
    },

    *appendAudit(context: Context, entry: Omit<AuditEntry, "at">): Operation<void> {
      yield* run(audit, {
        now: context.now,
        actor: entry.actor,
        action: entry.action,
        subject: entry.subject ?? null,
        detail: toJson(entry.detail),
      });
    },
  };
}
