import { sql } from "kysely";
import type { Context } from "../context.ts";
import { randomText } from "../ids.ts";
import { all, first, type Operation, run, type Sql } from "../sql.ts";
import { createHold } from "./hold.ts";

/** What messages of one lane have in common: their conversation, unless `lane` names another. */
export interface LaneRef {
  readonly conversation_id: number;
  readonly lane: string | null;
}

/** Lanes that are no conversation have keys no address can have. */
export function laneKey(lane: string): string {
  return `lane:${lane}`;
}

export function newSessionId({ random }: Context): string {
  return `ses_${randomText(random, 16)}`;
}

export type LaneOperations = ReturnType<typeof createLanes>;

/** What turns are serialised by: a row that says when the next turn is due, and which one runs. */
export function createLanes(e: Sql) {
  const hold = createHold(e);
  const rearmOwn = e.prepare((db, p: { id: number }) =>
    db
      .updateTable("conversations")
      .set({
        turn_at: sql<number | null>`(select min(m.due_at) from messages m where m.conversation_id = ${p.id}
          and m.seq > conversations.claimed_to and m.lane is null and m.state = 'waiting' and m.kind <> 'command')`,
      })
      .where("id", "=", p.id)
      .returning("turn_at"),
  );
  const rearmOther = e.prepare((db, p: { key: string; lane: string }) =>
    db
      .updateTable("conversations")
      .set({
        turn_at: sql<number | null>`(select min(m.due_at) from messages m where m.lane = ${p.lane}
          and m.state = 'waiting' and m.kind <> 'command')`,
      })
      .where("key", "=", p.key)
      .returning("turn_at"),
  );
  const free = e.prepare((db, p: { id: number; turn: number }) =>
    db
      .updateTable("conversations")
      .set({ turn_seq: null })
      .where("id", "=", p.id)
      .where("turn_seq", "=", p.turn)
      .returning("turn_at"),
  );
  const readLane = e.prepare((db, p: { own: string; other: string }) =>
    db
      .selectFrom("conversations")
      .select(["id", "kind", "session", "turn_seq", "claimed_to"])
      .where("key", "in", [p.own, p.other])
      // "audience", "direct", "group", "lane": a conversation of this name goes first.
      .orderBy("kind")
      .limit(1)
      .modifyEnd(e.lock),
  );
  const keepSession = e.prepare((db, p: { id: number; session: string }) =>
    db.updateTable("conversations").set({ session: p.session }).where("id", "=", p.id),
  );
  const toHistory = e.prepare((db, p: { id: number }) =>
    db
      .updateTable("messages")
      .set({ state: "history" })
      .where("conversation_id", "=", p.id)
      .where("state", "=", sql.lit("waiting"))
      .returning(["lane", "conversation_id"]),
  );
  const endWaitingTurns = e.prepare((db, p: { id: number; now: number }) =>
    db
      .updateTable("turns")
      .set({ state: "done", active: 0, outcome: "cancelled", finished_at: p.now, due_at: null })
      .where("conversation_id", "=", p.id)
      .where("active", "=", sql.lit(1))
      .where("state", "=", sql.lit("waiting"))
      .returning(["seq", "lane_id"]),
  );
  const turnToHistory = e.prepare((db, p: { turn: number; id: number }) =>
    db
      .updateTable("messages")
      .set({ state: "history" })
      .where("conversation_id", "=", p.id)
      .where("turn_seq", "=", p.turn),
  );
  const servedBy = e.prepare((db, p: { id: number }) =>
    db.selectFrom("conversations").select("served_by").where("id", "=", p.id).modifyEnd(e.lock),
  );
  const dropOwn = e.prepare((db, p: { id: number; after: number }) =>
    db
      .updateTable("messages")
      .set({ state: "dropped" })
      .where("conversation_id", "=", p.id)
      .where("seq", ">", p.after)
      .where("lane", "is", null)
      .where("state", "=", sql.lit("waiting"))
      .where("kind", "not in", [sql.lit("command"), sql.lit("aside")]),
  );
  const dropOther = e.prepare((db, p: { lane: string }) =>
    db
      .updateTable("messages")
      .set({ state: "dropped" })
      .where("lane", "=", p.lane)
      .where("state", "=", sql.lit("waiting"))
      .where("kind", "not in", [sql.lit("command"), sql.lit("aside")]),
  );

  function* endTurns(context: Context, id: number): Operation<void> {
    for (const turn of yield* all(endWaitingTurns, { id, now: context.now })) {
      yield* run(turnToHistory, { turn: turn.seq, id });
      yield* operations.free(context, turn.lane_id, turn.seq);
    }
  }

  const operations = {
    *find(lane: string) {
      return yield* first(readLane, { own: lane, other: laneKey(lane) });
    },

    /** Looks again when its next turn is due. */
    *rearm(context: Context, { conversation_id: id, lane }: LaneRef): Operation<void> {
      yield* lane === null ? hold.id(id) : hold.key(laneKey(lane));
      const row =
        lane === null ? yield* first(rearmOwn, { id }) : yield* first(rearmOther, { key: laneKey(lane), lane });
      if (row !== undefined && row.turn_at !== null) context.wake("turns");
    },

    /** Its turn is done: the next may run. */
    *free(context: Context, id: number, turn: number): Operation<void> {
      const row = yield* first(free, { id, turn });
      if (row !== undefined && row.turn_at !== null) context.wake("turns");
    },

    *keepSession(id: number, session: string): Operation<void> {
      yield* run(keepSession, { id, session });
    },

    /** Takes what waits in it for a turn away. */
    *dropWaiting(context: Context, lane: string, row: { id: number; kind: string; claimed_to: number }) {
      const own = row.kind !== "lane";
      if (own) yield* run(dropOwn, { id: row.id, after: row.claimed_to });
      else yield* run(dropOther, { lane });
      yield* operations.rearm(context, { conversation_id: row.id, lane: own ? null : lane });
    },

    /** What waits for the agent in a conversation becomes history; a turn that runs may end. */
    *leaveToHuman(context: Context, id: number): Operation<void> {
      const lanes = new Map<string | null, LaneRef>();
      for (const row of yield* all(toHistory, { id })) lanes.set(row.lane, row);
      yield* endTurns(context, id);
      for (const ref of lanes.values()) yield* operations.rearm(context, ref);
    },

    /** A turn was given back: while a human serves there is no next attempt. */
    *turnGivenBack(context: Context, id: number): Operation<void> {
      if ((yield* first(servedBy, { id }))?.served_by === "human") yield* endTurns(context, id);
    },
  };
  return operations;
}
