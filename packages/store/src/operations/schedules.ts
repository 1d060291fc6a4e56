import {
  addressKey,
  type InboundContent,
  type ScheduleFields,
  type ScheduleFiring,
  type ScheduleRow,
  scheduleConversation,
} from "@wxgate/core";
import { sql } from "kysely";
import type { Context } from "../context.ts";
import { parseJson } from "../json.ts";
import { all, first, type Operation, run, type Sql } from "../sql.ts";
import type { ConversationOperations } from "./conversations.ts";
import type { ReplyOperations } from "./replies.ts";
import type { ScheduleRunOperations } from "./schedule-runs.ts";

interface ScheduleColumns {
  readonly id: string;
  readonly name: string;
  readonly enabled: number;
  readonly timing: string;
  readonly action: string;
  readonly missed: string;
  readonly version: number;
  readonly next_at: number | null;
  readonly created_at: number;
  readonly updated_at: number;
  readonly created_by: string;
}

export function createSchedules(
  e: Sql,
  {
    conversations,
    replies,
    runs,
  }: { conversations: ConversationOperations; replies: ReplyOperations; runs: ScheduleRunOperations },
) {
  const insert = e.prepare((db, p: ScheduleColumns) =>
    db
      .insertInto("schedules")
      .values({
        id: p.id,
        name: p.name,
        enabled: p.enabled,
        timing: p.timing,
        action: p.action,
        missed: p.missed,
        version: p.version,
        next_at: p.next_at,
        created_at: p.created_at,
        updated_at: p.updated_at,
        created_by: p.created_by,
      })
      .returningAll(),
  );
  const change = e.prepare(
    (
      db,
      p: Pick<ScheduleColumns, "id" | "version" | "name" | "enabled" | "timing" | "action" | "missed" | "next_at"> & {
        now: number;
      },
    ) =>
      db
        .updateTable("schedules")
        .set({
          name: p.name,
          enabled: p.enabled,
          timing: p.timing,
          action: p.action,
          missed: p.missed,
          next_at: p.next_at,
          updated_at: p.now,
          version: sql<number>`version + 1`,
        })
        .where("id", "=", p.id)
        .where("version", "=", p.version)
        .returningAll(),
  );
  const get = e.prepare((db, p: { id: string }) => db.selectFrom("schedules").selectAll().where("id", "=", p.id));
  const list = e.prepare((db, _: object) => db.selectFrom("schedules").selectAll().orderBy("created_at").orderBy("id"));
  const remove = e.prepare((db, p: { id: string }) => db.deleteFrom("schedules").where("id", "=", p.id));
  const due = e.prepare((db, p: { now: number; limit: number }) =>
    db
      .selectFrom("schedules")
      .selectAll()
      .where("enabled", "=", sql.lit(1))
      .where("next_at", "is not", null)
      .where("next_at", "<=", p.now)
      .orderBy("next_at")
      .limit(p.limit),
  );
  const move = e.prepare((db, p: { id: string; version: number; from: number; next: number | null }) =>
    db
      .updateTable("schedules")
      .set({ next_at: p.next })
      .where("id", "=", p.id)
      .where("version", "=", p.version)
      .where("enabled", "=", sql.lit(1))
      .where("next_at", "=", p.from),
  );
  const held = e.prepare((db, p: { id: string; version: number }) =>
    db.selectFrom("schedules").select("id").where("id", "=", p.id).where("version", "=", p.version).modifyEnd(e.lock),
  );
  const prompt = e.prepare(
    (
      db,
      p: {
        channel: string;
        account: string;
        runId: string;
        conversation: number;
        schedule: string;
        name: string;
        content: string;
        dueAt: number;
        now: number;
      },
    ) =>
      db.insertInto("messages").values({
        channel: p.channel,
        account: p.account,
        platform_id: p.runId,
        conversation_id: p.conversation,
        kind: sql.lit("turn"),
        state: sql.lit("waiting"),
        sender_id: p.schedule,
        sender_name: p.name,
        sent_at: p.dueAt,
        received_at: p.now,
        due_at: p.now,
        content: p.content,
      }),
  );
  const fill = e.prepare((db, p: { id: number; now: number }) =>
    db
      .updateTable("conversations")
      .set({
        last_message_at: p.now,
        turn_at: sql<number>`case when turn_at is null or turn_at > ${p.now} then ${p.now} else turn_at end`,
      })
      .where("id", "=", p.id),
  );

  /** True: the firing is ours, and the row stays as it is until the transaction ends. */
  function* take({ scheduleId: id, version, move: by }: ScheduleFiring): Operation<boolean> {
    if (by === undefined) return (yield* first(held, { id, version })) !== undefined;
    return (yield* run(move, { id, version, from: by.from, next: by.next ?? null })) > 0;
  }

  function* ask(context: Context, firing: ScheduleFiring, name: string): Operation<void> {
    if (firing.action.kind !== "ask") throw new Error(`schedule ${firing.scheduleId} asks nobody`);
    const address = scheduleConversation(firing.scheduleId, firing.action.session);
    const { id } = yield* conversations.ensure(context, address, addressKey(address));
    const content: readonly InboundContent[] = [{ kind: "text", text: firing.action.prompt }];
    yield* run(prompt, {
      channel: address.channel,
      account: address.account,
      runId: firing.runId,
      conversation: id,
      schedule: firing.scheduleId,
      name,
      content: JSON.stringify(content),
      dueAt: firing.dueAt,
      now: context.now,
    });
    yield* run(fill, { id, now: context.now });
    context.wake("turns");
  }

  return {
    *add(
      context: Context,
      id: string,
      fields: ScheduleFields,
      nextAt: number | undefined,
      createdBy: string,
    ): Operation<ScheduleRow> {
      const row = yield* first(insert, {
        id,
        ...columns(fields),
        version: 1,
        next_at: nextAt ?? null,
        created_at: context.now,
        updated_at: context.now,
        created_by: createdBy,
      });
      return toSchedule(row!);
    },

    *get(id: string): Operation<ScheduleRow | undefined> {
      const row = yield* first(get, { id });
      return row === undefined ? undefined : toSchedule(row);
    },

    *list(): Operation<readonly ScheduleRow[]> {
      return (yield* all(list, {})).map(toSchedule);
    },

    *update(
      context: Context,
      id: string,
      version: number,
      fields: ScheduleFields,
      nextAt: number | undefined,
    ): Operation<ScheduleRow | undefined> {
      const row = yield* first(change, {
        id,
        version,
        ...columns(fields),
        next_at: nextAt ?? null,
        now: context.now,
      });
      return row === undefined ? undefined : toSchedule(row);
    },

    *remove(id: string): Operation<boolean> {
      return (yield* run(remove, { id })) > 0;
    },

    *due(context: Context, limit: number): Operation<{ now: number; schedules: readonly ScheduleRow[] }> {
      return { now: context.now, schedules: (yield* all(due, { now: context.now, limit })).map(toSchedule) };
    },

    *fire(context: Context, firing: ScheduleFiring): Operation<boolean> {
      if (!(yield* take(firing))) return false;
      const { what } = firing;
      yield* runs.begin(context, firing);
      if (what.kind === "ask") yield* ask(context, firing, what.name);
      if (what.kind === "send") {
        const conversation = (yield* conversations.ensure(context, what.to)).id;
        yield* replies.add(context, { conversation, answers: [], source: "schedule" }, what.reply);
      }
      return true;
    },
  };
}

function columns({ name, enabled, timing, action, missed }: ScheduleFields) {
  return {
    name,
    enabled: enabled ? 1 : 0,
    timing: JSON.stringify(timing),
    action: JSON.stringify(action),
    missed,
  };
}

function toSchedule(row: ScheduleColumns): ScheduleRow {
  return {
    id: row.id,
    name: row.name,
    enabled: row.enabled === 1,
    timing: parseJson(row.timing),
    action: parseJson(row.action),
    missed: row.missed as ScheduleRow["missed"],
    version: row.version,
    ...(row.next_at === null ? {} : { nextAt: row.next_at }),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    createdBy: row.created_by,
  };
}
