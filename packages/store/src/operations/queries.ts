import {
  type Address,
  type AuditEntry,
  type ConversationRow,
  type DeliveryRow,
  type DeliveryState,
  type EventRow,
  type Page,
  type Paged,
  SCHEDULE_CHANNEL,
  type ServedBy,
} from "@wxgate/core";
import { sql } from "kysely";
import type { Context } from "../context.ts";
import type { Ids } from "../ids.ts";
import { errorField, parseEvent, parseJson, parseOptional, toJson } from "../json.ts";
import { all, first, type Operation, run, type Sql } from "../sql.ts";
import { cursorOf, paged, rowsWanted } from "./paging.ts";
import { toAddress, toQuota } from "./standing.ts";

const DELIVERY_STATES: readonly DeliveryState[] = [
  "queued",
  "sending",
  "accepted",
  "confirmed",
  "failed-late",
  "deferred",
  "dead",
  "discarded",
];

export function createQueries(e: Sql, ids: Ids) {
  const { db } = e;
  const audit = e.prepare(
    (of, p: { now: number; actor: string; action: string; subject: string | null; detail: string | null }) =>
      of
        .insertInto("audit")
        .values({ at: p.now, actor: p.actor, action: p.action, subject: p.subject, detail: p.detail }),
  );

  const runningTurns = db
    .selectFrom("turns")
    .select((s) => s.fn.countAll<number>().as("count"))
    .where("active", "=", sql.lit(1))
    .where("state", "=", sql.lit("running"));
  const countWaiting = () =>
    db
      .selectFrom("messages as m")
      .select((s) => s.fn.countAll<number>().as("count"))
      .where("m.state", "=", sql.lit("waiting"));
  // By the same indexes they are claimed by: idle lanes, lanes at work, lanes that are no conversation, commands.
  const ofLane = () =>
    countWaiting()
      .innerJoin("conversations as c", "c.id", "m.conversation_id")
      .whereRef("m.seq", ">", "c.claimed_to")
      .where("m.lane", "is", null)
      .where("m.kind", "not in", [sql.lit("command"), sql.lit("aside")])
      .where("c.turn_at", "is not", null);
  const waiting = [
    ofLane().where("c.turn_seq", "is", null),
    ofLane()
      .innerJoin("turns as t", "t.lane_id", "c.id")
      .where("t.active", "=", sql.lit(1))
      .where("t.kind", "=", sql.lit("turn")),
    countWaiting()
      .where("m.lane", "is not", null)
      .where("m.kind", "not in", [sql.lit("command"), sql.lit("aside")]),
    countWaiting().where("m.kind", "=", sql.lit("command")),
  ];

  const conversationRows = () =>
    db
      .selectFrom("conversations as c")
      .select([
        "c.id",
        "c.channel",
        "c.account",
        "c.kind",
        "c.peer",
        "c.name",
        "c.last_message_at",
        "c.served_by",
        "c.last_inbound_at",
        "c.sends_since_inbound",
      ])
      .select(
        sql<number>`(select count(*) from deliveries d where d.conversation_id = c.id and d.active = 1
          and d.state <> 'sending')`.as("waiting"),
      );

  const deliveryRows = () =>
    db
      .selectFrom("deliveries as d")
      .innerJoin("conversations as c", "c.id", "d.conversation_id")
      .select([
        "d.seq",
        "d.id",
        "d.reply_id",
        "d.turn_seq",
        "d.state",
        "d.active",
        "d.defer",
        "d.attempt",
        "d.piece",
        "d.staged_piece",
        "d.note",
        "d.platform_id",
        "d.error",
        "d.created_at",
        "d.updated_at",
        "d.due_at",
        "c.channel",
        "c.account",
        "c.kind",
        "c.peer",
      ]);

  function toDelivery(
    row: Awaited<ReturnType<ReturnType<typeof deliveryRows>["executeTakeFirstOrThrow"]>>,
  ): DeliveryRow {
    const timed = row.state === "queued" || row.defer === "at";
    return {
      id: row.id,
      replyId: row.reply_id,
      ...(row.turn_seq === null ? {} : { turnId: ids.format("trn", row.turn_seq) }),
      conversation: toAddress(row),
      state: row.state as DeliveryState,
      attempt: row.attempt,
      piece: parseJson(row.staged_piece ?? row.piece),
      ...(row.note === null ? {} : { note: row.note as NonNullable<DeliveryRow["note"]> }),
      ...(row.platform_id === null ? {} : { platformId: row.platform_id }),
      ...errorField(row.error),
      createdAt: row.created_at,
      updatedAt: row.updated_at,
      ...(timed ? { dueAt: row.due_at } : {}),
    };
  }

  return {
    *conversations(
      page: Page & { readonly channel?: string; readonly search?: string },
    ): Operation<Paged<ConversationRow>> {
      const cursor = cursorOf(page, 2);
      let query = conversationRows()
        .where("c.kind", "<>", "lane")
        .where("c.channel", "<>", SCHEDULE_CHANNEL)
        .orderBy("c.last_message_at", "desc")
        .orderBy("c.id", "desc")
        .limit(rowsWanted(page));
      if (page.channel !== undefined) query = query.where("c.channel", "=", page.channel);
      if (page.search !== undefined && page.search !== "") {
        const pattern = `%${page.search.toLowerCase().replace(/[\\%_]/g, "\\$&")}%`;
        query = query.where(
          sql<boolean>`(lower(c.peer) like ${pattern} escape '\\' or lower(coalesce(c.name, '')) like ${pattern} escape '\\')`,
        );
      }
      if (cursor !== undefined) {
        const [at = 0, id = 0] = cursor;
        query = query.where((w) =>
          w.or([w("c.last_message_at", "<", at), w.and([w("c.last_message_at", "=", at), w("c.id", "<", id)])]),
        );
      }
      const rows = yield* all(e.compile(query), {});
      return paged(
        rows,
        page,
        (row) => [row.last_message_at, row.id],
        (row) => toConversation(row, ids),
      );
    },

    *conversation(id: string): Operation<ConversationRow | undefined> {
      const seq = ids.parse("cnv", id);
      if (seq === undefined) return undefined;
      const row = yield* first(e.compile(conversationRows().where("c.id", "=", seq)), {});
      return row === undefined ? undefined : toConversation(row, ids);
    },

    *deliveries(
      page: Page & { readonly state?: DeliveryState; readonly channel?: string },
    ): Operation<Paged<DeliveryRow>> {
      const cursor = cursorOf(page, 1);
      let query = deliveryRows().orderBy("d.seq", "desc").limit(rowsWanted(page));
      if (page.state !== undefined) {
        const active = ["queued", "sending", "deferred"].includes(page.state) ? 1 : 0;
        query = query.where("d.state", "=", page.state).where("d.active", "=", sql.lit(active));
      }
      if (page.channel !== undefined) query = query.where("d.channel", "=", page.channel);
      if (cursor !== undefined) query = query.where("d.seq", "<", cursor[0] ?? 0);
      const rows = yield* all(e.compile(query), {});
      return paged(rows, page, (row) => [row.seq], toDelivery);
    },

    *delivery(id: string): Operation<DeliveryRow | undefined> {
      const row = yield* first(e.compile(deliveryRows().where("d.id", "=", id)), {});
      return row === undefined ? undefined : toDelivery(row);
    },

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

    *knownPeers(
      channel: string,
      peer: string,
      options: { readonly foldCase?: boolean } = {},
    ): Operation<readonly Address[]> {
      let query = db
        .selectFrom("conversations")
        .select(["channel", "account", "kind", "peer"])
        .where("channel", "=", channel)
        .where("kind", "<>", "lane")
        .where(sql`lower(peer)`, "=", peer.toLowerCase())
        .orderBy("last_message_at", "desc");
      if (options.foldCase !== true) query = query.where("peer", "=", peer);
      return (yield* all(e.compile(query), {})).map(toAddress);
    },

    *counts(): Operation<{
      waitingMessages: number;
      runningTurns: number;
      deliveries: Readonly<Record<DeliveryState, number>>;
    }> {
      let waitingMessages = 0;
      for (const query of waiting) waitingMessages += (yield* first(e.compile(query), {}))?.count ?? 0;
      const running = yield* first(e.compile(runningTurns), {});
      const deliveries = Object.fromEntries(DELIVERY_STATES.map((state) => [state, 0])) as Record<
        DeliveryState,
        number
      >;
      for (const active of [0, 1]) {
        const query = db
          .selectFrom("deliveries")
          .select(["state", (s) => s.fn.countAll<number>().as("count")])
          .where("active", "=", sql.lit(active))
          .groupBy("state");
        for (const row of yield* all(e.compile(query), {})) deliveries[row.state as DeliveryState] = row.count;
      }
      return { waitingMessages, runningTurns: running?.count ?? 0, deliveries };
    },
  };
}

function toConversation(
  row: {
    id: number;
    channel: string;
    account: string;
    kind: string;
    peer: string;
    name: string | null;
    last_message_at: number;
    served_by: string;
    last_inbound_at: number | null;
    sends_since_inbound: number;
    waiting: number;
  },
  ids: Ids,
): ConversationRow {
  return {
    ...toAddress(row),
    id: ids.format("cnv", row.id),
    ...(row.name === null ? {} : { name: row.name }),
    lastMessageAt: row.last_message_at,
    servedBy: row.served_by as ServedBy,
    quota: toQuota(row),
  };
}
