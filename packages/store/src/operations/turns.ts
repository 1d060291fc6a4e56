import {
  type Claim,
  type InboundContent,
  type JsonObject,
  type NewReply,
  SCHEDULE_CHANNEL,
  StaleClaimError,
  type StoredError,
  type TurnResult,
} from "@wxgate/core";
import { sql } from "kysely";
import type { Context } from "../context.ts";
import type { Ids } from "../ids.ts";
import { parseJson, toJson } from "../json.ts";
import { all, first, type Operation, run, type Sql } from "../sql.ts";
import type { AttemptOperations } from "./attempts.ts";
import type { ConversationOperations } from "./conversations.ts";
import { type LaneOperations, newSessionId } from "./lanes.ts";
import type { MemoryOperations } from "./memory.ts";
import type { ReplyOperations } from "./replies.ts";
import type { ScheduleRunOperations } from "./schedule-runs.ts";

export type TurnOperations = ReturnType<typeof createTurns>;

export function createTurns(
  e: Sql,
  {
    ids,
    attempts,
    lanes,
    replies,
    conversations,
    scheduleRuns,
    memory,
  }: {
    ids: Ids;
    attempts: AttemptOperations;
    lanes: LaneOperations;
    replies: ReplyOperations;
    conversations: ConversationOperations;
    scheduleRuns: ScheduleRunOperations;
    memory: MemoryOperations;
  },
) {
  const finish = e.prepare(
    (
      db,
      p: {
        seq: number;
        claim: number;
        outcome: string;
        error: string | null;
        historyText: string | null;
        agent: string | null;
        passedOver: string | null;
        now: number;
      },
    ) =>
      db
        .updateTable("turns")
        .set({
          state: "done",
          active: 0,
          worker: null,
          due_at: null,
          outcome: p.outcome,
          error: p.error,
          history_text: p.historyText,
          agent: p.agent,
          passed_over: p.passedOver,
          finished_at: p.now,
        })
        .where("seq", "=", p.seq)
        .where("claim", "=", p.claim)
        .where("state", "=", sql.lit("running"))
        .returning(["lane_id", "kind", "conversation_id", "channel", "messages"]),
  );
  const finishMessage = e.prepare((db, p: { seq: number; state: string }) =>
    db.updateTable("messages").set({ state: p.state }).where("seq", "=", p.seq).returning("platform_id"),
  );
  const held = e.prepare((db, p: { seq: number; claim: number }) =>
    db
      .selectFrom("turns")
      .select(["seq", "conversation_id", "messages"])
      .where("seq", "=", p.seq)
      .where("claim", "=", p.claim)
      .where("state", "=", sql.lit("running"))
      .modifyEnd(e.lock),
  );
  const saveContent = e.prepare((db, p: { seq: number; turn: number; content: string }) =>
    db.updateTable("messages").set({ content: p.content }).where("seq", "=", p.seq).where("turn_seq", "=", p.turn),
  );
  const saveStream = e.prepare((db, p: { seq: number; claim: number; stream: string; shown: string | null }) =>
    db
      .updateTable("turns")
      .set({ stream: p.stream, shown: sql<string | null>`coalesce(${p.shown}, shown)` })
      .where("seq", "=", p.seq)
      .where("claim", "=", p.claim)
      .where("state", "=", sql.lit("running")),
  );
  const platformId = e.prepare((db, p: { seq: number }) =>
    db.selectFrom("messages").select("platform_id").where("seq", "=", p.seq),
  );
  const release = e.prepare(
    (
      db,
      p: { seq: number; claim: number; dueAt: number; error: string | null; keep: number; failedAt: number | null },
    ) =>
      db
        .updateTable("turns")
        .set({
          state: "waiting",
          worker: null,
          due_at: p.dueAt,
          error: p.error,
          attempt: sql<number>`attempt - ${p.keep}`,
          failing_since: sql<number | null>`coalesce(failing_since, ${p.failedAt})`,
        })
        .where("seq", "=", p.seq)
        .where("claim", "=", p.claim)
        .where("state", "=", sql.lit("running"))
        .returning(["seq", "conversation_id", "attempt", "claimed_at"]),
  );
  const cancel = e.prepare((db, p: { seq: number; now: number }) =>
    db
      .updateTable("turns")
      .set({ cancelled: 1, due_at: sql<number | null>`case when state = 'waiting' then ${p.now} else due_at end` })
      .where("seq", "=", p.seq)
      .where("active", "=", sql.lit(1)),
  );
  const cancelled = e.prepare((db, p: { worker: string }) =>
    db
      .selectFrom("turns")
      .select("seq")
      .where("active", "=", sql.lit(1))
      .where("worker", "=", p.worker)
      .where("state", "=", sql.lit("running"))
      .where("cancelled", "=", 1),
  );

  const moveToSession = e.prepare((db, p: { seq: number; claim: number; session: string }) =>
    db
      .updateTable("turns")
      .set({ session: p.session })
      .where("seq", "=", p.seq)
      .where("claim", "=", p.claim)
      .where("state", "=", sql.lit("running")),
  );

  function seqOf(claim: Claim): number {
    const seq = ids.parse("trn", claim.id);
    if (seq === undefined) throw new StaleClaimError(`turn ${claim.id}`);
    return seq;
  }

  function* demandHeld(claim: Claim): Operation<{ seq: number; conversation_id: number; messages: string }> {
    const turn = yield* first(held, { seq: seqOf(claim), claim: claim.number });
    if (turn === undefined) throw new StaleClaimError(`turn ${claim.id}`);
    return turn;
  }

  return {
    demandHeld,

    *saveContent(claim: Claim, messageId: string, content: readonly InboundContent[]): Operation<void> {
      const turn = yield* demandHeld(claim);
      const seq = ids.parse("msg", messageId);
      const saved =
        seq === undefined ? 0 : yield* run(saveContent, { seq, turn: turn.seq, content: JSON.stringify(content) });
      if (saved === 0) throw new Error(`message ${messageId} is not one of turn ${claim.id}`);
    },

    *saveStream(claim: Claim, stream: JsonObject, shown?: string): Operation<void> {
      const saved = yield* run(saveStream, {
        seq: seqOf(claim),
        claim: claim.number,
        stream: JSON.stringify(stream),
        shown: shown ?? null,
      });
      if (saved === 0) throw new StaleClaimError(`turn ${claim.id}`);
    },

    *addReply(context: Context, claim: Claim, ordinal: number, reply: NewReply): Operation<void> {
      const turn = yield* demandHeld(claim);
      const answers: string[] = [];
      for (const seq of parseJson<number[]>(turn.messages)) {
        const row = yield* first(platformId, { seq });
        if (row !== undefined) answers.push(row.platform_id);
      }
      const origin = { conversation: turn.conversation_id, turn: turn.seq, ordinal, answers };
      yield* replies.add(context, origin, reply);
    },

    *complete(context: Context, claim: Claim, result: TurnResult): Operation<void> {
      const seq = seqOf(claim);
      const turn = yield* first(finish, {
        seq,
        claim: claim.number,
        outcome: result.outcome,
        error: toJson(result.error),
        historyText: result.historyText ?? null,
        agent: result.agent ?? null,
        passedOver: result.passedOver?.length ? toJson(result.passedOver) : null,
        now: context.now,
      });
      if (turn === undefined) throw new StaleClaimError(`turn ${claim.id}`);
      const answers: string[] = [];
      const state = result.outcome === "denied" ? "denied" : "done";
      for (const message of parseJson<number[]>(turn.messages)) {
        const row = yield* first(finishMessage, { seq: message, state });
        if (row !== undefined) answers.push(row.platform_id);
      }
      if (turn.channel === SCHEDULE_CHANNEL) {
        for (const runId of answers) yield* scheduleRuns.finish(context, runId, result);
      }
      if (result.reply !== undefined) {
        const origin =
          result.to === undefined
            ? { conversation: turn.conversation_id, turn: seq, answers }
            : // What a schedule was asked, nobody there wrote.
              {
                conversation: (yield* conversations.ensure(context, result.to)).id,
                turn: seq,
                answers: [],
                source: "schedule",
              };
        yield* replies.add(context, origin, result.reply);
      }
      // The next command of this lane waits for this one; the next turn for the lane.
      if (turn.kind === "command") context.wake("turns");
      else yield* lanes.free(context, turn.lane_id, seq);
    },

    *release(
      context: Context,
      claim: Claim,
      retryInMs: number,
      error?: StoredError,
      options: { keepAttempt?: boolean } = {},
    ): Operation<void> {
      const text = toJson(error);
      const turn = yield* first(release, {
        seq: seqOf(claim),
        claim: claim.number,
        dueAt: context.now + retryInMs,
        error: text,
        keep: options.keepAttempt === true ? 1 : 0,
        failedAt: error === undefined ? null : context.now,
      });
      if (turn === undefined) throw new StaleClaimError(`turn ${claim.id}`);
      const attempt = options.keepAttempt === true ? turn.attempt + 1 : turn.attempt;
      yield* attempts.append(context, "turn", { ...turn, attempt }, error === undefined ? "released" : "failed", text);
      yield* lanes.turnGivenBack(context, turn.conversation_id);
      context.wake("turns");
    },

    *cancel(context: Context, lane: string): Operation<readonly string[]> {
      const row = yield* lanes.find(lane);
      if (row === undefined) return [];
      yield* lanes.dropWaiting(context, lane, row);
      if (row.turn_seq === null) return [];
      yield* run(cancel, { seq: row.turn_seq, now: context.now });
      context.wake("cancel");
      context.wake("turns");
      return [ids.format("trn", row.turn_seq)];
    },

    *cancelled(worker: string): Operation<readonly string[]> {
      return (yield* all(cancelled, { worker })).map((turn) => ids.format("trn", turn.seq));
    },

    *newSession(context: Context, lane: string, claim?: Claim): Operation<string> {
      const session = newSessionId(context);
      if (claim !== undefined) {
        const moved = yield* run(moveToSession, { seq: seqOf(claim), claim: claim.number, session });
        if (moved === 0) throw new StaleClaimError(`turn ${claim.id}`);
      }
      const row = yield* lanes.find(lane);
      yield* memory.forget(lane);
      // Without a row nothing was said in it yet: its first turn starts a session of its own.
      if (row !== undefined) yield* lanes.keepSession(row.id, session);
      return session;
    },
  };
}
