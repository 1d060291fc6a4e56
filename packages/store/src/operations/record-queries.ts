import type { AuditEntry, EventRow, Page, Paged } from "@wxgate/core";
import type { Context } from "../context.ts";
import type { Ids } from "../ids.ts";
import { parseEvent, parseOptional, toJson } from "../json.ts";
import { type Operation, run, type Sql } from "../sql.ts";
import { newestFirst } from "./paging.ts";

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
      let query = db.selectFrom("events").select(["seq", "received_at", "body"]);
      if (page.channel !== undefined) query = query.where("channel", "=", page.channel);
      return yield* newestFirst(e, query, "seq", page, (row) => ({
        id: ids.format("evt", row.seq),
        event: parseEvent(row.body),
        receivedAt: row.received_at,
      }));
    },

    *audit(page: Page): Operation<Paged<AuditEntry>> {
      return yield* newestFirst(e, db.selectFrom("audit").selectAll(), "seq", page, (row) => {
        const detail = parseOptional<NonNullable<AuditEntry["detail"]>>(row.detail);
        return {
          at: row.at,
          actor: row.actor,
          action: row.action,
          ...(row.subject === null ? {} : { subject: row.subject }),
          ...(detail === undefined ? {} : { detail }),
        };
      });
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
