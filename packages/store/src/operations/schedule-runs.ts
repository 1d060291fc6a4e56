import type {
  DeliveryState,
  Page,
  Paged,
  ScheduleFiring,
  ScheduleRunReason,
  ScheduleRunRow,
  ScheduleRunState,
  TurnResult,
} from "@wxgate/core";
import type { Context } from "../context.ts";
import { errorField, parseJson, toJson } from "../json.ts";
import { all, first, type Operation, run, type Sql } from "../sql.ts";
import { newestFirst } from "./paging.ts";

interface RunColumns {
  readonly seq: number;
  readonly id: string;
  readonly schedule_id: string;
  readonly reason: string;
  readonly due_at: number;
  readonly fired_at: number;
  readonly finished_at: number | null;
  readonly state: string;
  readonly action: string;
  readonly times: number;
  readonly text: string | null;
  readonly error: string | null;
  readonly deliveries: string;
}

type Deliveries = ReadonlyMap<string, { readonly state: string; readonly error: string | null }>;

export type ScheduleRunOperations = ReturnType<typeof createScheduleRuns>;

/** What became of each firing of a schedule. */
export function createScheduleRuns(e: Sql) {
  const insert = e.prepare((db, p: Omit<RunColumns, "seq" | "text">) =>
    db.insertInto("schedule_runs").values({
      id: p.id,
      schedule_id: p.schedule_id,
      reason: p.reason,
      due_at: p.due_at,
      fired_at: p.fired_at,
      finished_at: p.finished_at,
      state: p.state,
      action: p.action,
      times: p.times,
      error: p.error,
      deliveries: p.deliveries,
    }),
  );
  const finish = e.prepare(
    (
      db,
      p: { id: string; state: string; now: number; text: string | null; error: string | null; deliveries: string },
    ) =>
      db
        .updateTable("schedule_runs")
        .set({ state: p.state, finished_at: p.now, text: p.text, error: p.error, deliveries: p.deliveries })
        .where("id", "=", p.id),
  );
  const get = e.prepare((db, p: { id: string }) => db.selectFrom("schedule_runs").selectAll().where("id", "=", p.id));

  /** Where the deliveries of these runs are now; those that were pruned are missing. */
  function* deliveriesOf(rows: readonly RunColumns[]): Operation<Deliveries> {
    const ids = rows.flatMap((row) => parseJson<string[]>(row.deliveries));
    if (ids.length === 0) return new Map();
    const query = e.db.selectFrom("deliveries").select(["id", "state", "error"]).where("id", "in", ids);
    return new Map((yield* all(e.compile(query), {})).map((row) => [row.id, row]));
  }

  return {
    *begin(context: Context, { runId, scheduleId, reason, dueAt, action, what }: ScheduleFiring): Operation<void> {
      const isOver = what.kind !== "ask";
      yield* run(insert, {
        id: runId,
        schedule_id: scheduleId,
        reason,
        due_at: dueAt,
        fired_at: context.now,
        finished_at: isOver ? context.now : null,
        state: STATE_AT_START[what.kind],
        action: JSON.stringify(action),
        times: what.kind === "skip" ? what.times : 1,
        error: what.kind === "fail" ? JSON.stringify(what.error) : null,
        deliveries: JSON.stringify(what.kind === "send" ? what.reply.deliveries.map(({ id }) => id) : []),
      });
    },

    /** Its turn is done. */
    *finish(context: Context, id: string, result: TurnResult): Operation<void> {
      yield* run(finish, {
        id,
        state: result.outcome === "answered" || result.outcome === "silent" ? "done" : "failed",
        now: context.now,
        text: result.historyText ?? null,
        error: toJson(result.error),
        deliveries: JSON.stringify(result.reply?.deliveries.map((delivery) => delivery.id) ?? []),
      });
    },

    *get(id: string): Operation<ScheduleRunRow | undefined> {
      const row = yield* first(get, { id });
      return row === undefined ? undefined : toRun(row, yield* deliveriesOf([row]));
    },

    *list(scheduleId: string, page: Page): Operation<Paged<ScheduleRunRow>> {
      const query = e.db.selectFrom("schedule_runs").selectAll().where("schedule_id", "=", scheduleId);
      const found = yield* newestFirst(e, query, "seq", page, (row) => row);
      const deliveries = yield* deliveriesOf(found.items);
      return { ...found, items: found.items.map((row) => toRun(row, deliveries)) };
    },
  };
}

const STATE_AT_START: Record<ScheduleFiring["what"]["kind"], ScheduleRunState> = {
  send: "done",
  ask: "queued",
  skip: "skipped",
  fail: "failed",
};

function toRun(row: RunColumns, deliveries: Deliveries): ScheduleRunRow {
  return {
    id: row.id,
    scheduleId: row.schedule_id,
    reason: row.reason as ScheduleRunReason,
    dueAt: row.due_at,
    firedAt: row.fired_at,
    ...(row.finished_at === null ? {} : { finishedAt: row.finished_at }),
    state: row.state as ScheduleRunState,
    action: parseJson(row.action),
    times: row.times,
    ...(row.text === null ? {} : { text: row.text }),
    ...errorField(row.error),
    deliveries: parseJson<string[]>(row.deliveries).map((id) => {
      const known = deliveries.get(id);
      return known === undefined ? { id } : { id, state: known.state as DeliveryState, ...errorField(known.error) };
    }),
  };
}
