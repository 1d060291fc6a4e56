import {
  type Claim,
  type DeferReason,
  type DeliveryNote,
  type Piece,
  type SendReceipt,
  StaleClaimError,
  type StoredError,
} from "@wxgate/core";
import { sql } from "kysely";
import type { Context } from "../context.ts";
import { toJson } from "../json.ts";
import { all, first, type Operation, run, type Sql } from "../sql.ts";
import type { AttemptOperations, AttemptOutcome } from "./attempts.ts";
import type { ConversationOperations } from "./conversations.ts";

const PIECE_BEFORE_DIED: StoredError = {
  code: "delivery.earlier-piece-dead",
  message: "an earlier piece of the same reply could not be sent",
  hint: "re-drive the earlier piece first, then this one",
};
const WAITED_TOO_LONG: StoredError = {
  code: "delivery.waited-too-long",
  message: "what it waited for did not come in time",
  hint: "re-drive it when the person can be written to again",
};
const EXPIRE_AT_ONCE = 500;

export function createDeliveries(
  e: Sql,
  { attempts, conversations }: { attempts: AttemptOperations; conversations: ConversationOperations },
) {
  const RELEASED = [
    "seq",
    "id",
    "reply_id",
    "position",
    "conversation_id",
    "attempt",
    "claimed_at",
    "inbounds",
    "returns",
  ] as const;
  const stage = e.prepare(
    (db, p: { id: string; claim: number; piece: string | null; note: string | null; now: number }) =>
      db
        .updateTable("deliveries")
        .set({
          staged_piece: p.piece,
          note: p.note,
          updated_at: p.now,
        })
        .where("id", "=", p.id)
        .where("claim", "=", p.claim)
        .where("state", "=", sql.lit("sending")),
  );
  const accept = e.prepare(
    (db, p: { id: string; claim: number; platformId: string | null; receipt: string; now: number }) =>
      db
        .updateTable("deliveries")
        .set({
          state: sql<string>`case when late is null then 'accepted' else 'failed-late' end`,
          error: sql<string | null>`late`,
          active: 0,
          worker: null,
          platform_id: p.platformId,
          receipt: p.receipt,
          updated_at: p.now,
        })
        .where("id", "=", p.id)
        .where("claim", "=", p.claim)
        .where("state", "=", sql.lit("sending"))
        .returning(RELEASED),
  );
  const putBack = e.prepare(
    (
      db,
      p: {
        id: string;
        claim: number;
        state: string;
        defer: string | null;
        dueAt: number;
        error: string;
        keep: number;
        now: number;
      },
    ) =>
      db
        .updateTable("deliveries")
        .set({
          state: p.state,
          defer: p.defer,
          due_at: p.dueAt,
          error: p.error,
          worker: null,
          attempt: sql<number>`attempt - ${p.keep}`,
          updated_at: p.now,
        })
        .where("id", "=", p.id)
        .where("claim", "=", p.claim)
        .where("state", "=", sql.lit("sending"))
        .returning(RELEASED),
  );
  const wakeOne = e.prepare((db, p: { seq: number; now: number }) =>
    db.updateTable("deliveries").set({ state: "queued", defer: null, due_at: p.now }).where("seq", "=", p.seq),
  );
  const kill = e.prepare((db, p: { id: string; claim: number; error: string; now: number }) =>
    db
      .updateTable("deliveries")
      .set({ state: "dead", active: 0, defer: null, worker: null, error: p.error, updated_at: p.now })
      .where("id", "=", p.id)
      .where("claim", "=", p.claim)
      .where("state", "=", sql.lit("sending"))
      .returning(RELEASED),
  );
  const killDeferred = e.prepare((db, p: { seq: number; error: string; now: number }) =>
    db
      .updateTable("deliveries")
      .set({ state: "dead", active: 0, defer: null, error: p.error, updated_at: p.now })
      .where("seq", "=", p.seq)
      .where("state", "=", sql.lit("deferred"))
      .returning(RELEASED),
  );
  const killRest = e.prepare(
    (db, p: { conversation: number; reply: string; position: number; error: string; now: number }) =>
      db
        .updateTable("deliveries")
        .set({ state: "dead", active: 0, defer: null, error: p.error, updated_at: p.now })
        .where("conversation_id", "=", p.conversation)
        .where("active", "=", sql.lit(1))
        .where("position", ">", p.position)
        .where("reply_id", "=", p.reply),
  );
  const overdue = e.prepare((db, p: { before: number; limit: number }) =>
    db
      .selectFrom("deliveries")
      .select("seq")
      .where("state", "=", sql.lit("deferred"))
      .where("queued_at", "<", p.before)
      .orderBy("queued_at")
      .limit(p.limit),
  );

  function demand<Row>(row: Row | undefined, claim: Claim): Row {
    if (row === undefined) throw new StaleClaimError(`delivery ${claim.id}`);
    return row;
  }

  type Released = {
    seq: number;
    reply_id: string;
    position: number;
    conversation_id: number;
    attempt: number;
    claimed_at: number | null;
  };

  function* buryRest(context: Context, dead: Released): Operation<number> {
    return yield* run(killRest, {
      conversation: dead.conversation_id,
      reply: dead.reply_id,
      position: dead.position,
      error: JSON.stringify(PIECE_BEFORE_DIED),
      now: context.now,
    });
  }

  function* end(
    context: Context,
    row: Released,
    outcome: AttemptOutcome,
    error: string | null,
    unsent = false,
  ): Operation<{ inbounds: number; returns: number }> {
    yield* attempts.append(context, "delivery", row, outcome, error);
    return yield* conversations.finishSending(row.conversation_id, unsent);
  }

  return {
    *stage(context: Context, claim: Claim, staged: Piece | undefined, note?: DeliveryNote): Operation<void> {
      const changed = yield* run(stage, {
        id: claim.id,
        claim: claim.number,
        piece: toJson(staged),
        note: note ?? null,
        now: context.now,
      });
      if (changed === 0) throw new StaleClaimError(`delivery ${claim.id}`);
    },

    *complete(context: Context, claim: Claim, receipt: SendReceipt): Operation<void> {
      const row = demand(
        yield* first(accept, {
          id: claim.id,
          claim: claim.number,
          platformId: receipt.platformId ?? null,
          receipt: JSON.stringify(receipt),
          now: context.now,
        }),
        claim,
      );
      yield* end(context, row, "sent", null);
      yield* conversations.rearm(context, row.conversation_id);
    },

    *retry(
      context: Context,
      claim: Claim,
      retryInMs: number,
      error: StoredError,
      options: { keepAttempt?: boolean; unsent?: boolean } = {},
    ): Operation<void> {
      const keep = options.keepAttempt === true ? 1 : 0;
      const text = JSON.stringify(error);
      const dueAt = context.now + retryInMs;
      const args = { id: claim.id, claim: claim.number, state: "queued", defer: null, dueAt, error: text, keep };
      const row = demand(yield* first(putBack, { ...args, now: context.now }), claim);
      const unsent = options.unsent === true;
      yield* end(context, { ...row, attempt: row.attempt + keep }, unsent ? "unsent" : "failed", text, unsent);
      yield* conversations.rearm(context, row.conversation_id);
    },

    *defer(context: Context, claim: Claim, reason: DeferReason): Operation<void> {
      const text = JSON.stringify(reason.error);
      const waitsFor = typeof reason.until === "object" ? "at" : reason.until === "customer" ? "customer" : "human";
      const dueAt = typeof reason.until === "object" ? reason.until.at : context.now;
      const args = {
        id: claim.id,
        claim: claim.number,
        state: "deferred",
        defer: waitsFor,
        dueAt,
        error: text,
        keep: 0,
      };
      const row = demand(yield* first(putBack, { ...args, now: context.now }), claim);
      const seen = yield* end(context, row, "unsent", text, true);
      const came =
        (waitsFor === "customer" && seen.inbounds !== row.inbounds) ||
        (waitsFor === "human" && seen.returns !== row.returns);
      // It came while the platform was refusing: nothing would wake this one again.
      if (came) yield* run(wakeOne, { seq: row.seq, now: context.now });
      else if (waitsFor !== "at") yield* conversations.deferQueued(context, row.conversation_id, waitsFor, text);
      yield* conversations.rearm(context, row.conversation_id);
    },

    *fail(context: Context, claim: Claim, error: StoredError): Operation<void> {
      const text = JSON.stringify(error);
      const row = demand(
        yield* first(kill, { id: claim.id, claim: claim.number, error: text, now: context.now }),
        claim,
      );
      yield* end(context, row, "failed", text);
      yield* buryRest(context, row);
      yield* conversations.rearm(context, row.conversation_id);
    },

    *expireDeferred(context: Context, deferMs: number): Operation<number> {
      let dead = 0;
      const rows = yield* all(overdue, { before: context.now - deferMs, limit: EXPIRE_AT_ONCE });
      for (const { seq } of rows) {
        const row = yield* first(killDeferred, { seq, error: JSON.stringify(WAITED_TOO_LONG), now: context.now });
        // An earlier piece of its reply may have taken it along.
        if (row === undefined) continue;
        dead += 1 + (yield* buryRest(context, row));
        yield* conversations.rearm(context, row.conversation_id);
      }
      return dead;
    },
  };
}
