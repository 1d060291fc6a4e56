import type { Context } from "../context.ts";
import { type Operation, run, type Sql } from "../sql.ts";

export type AttemptOutcome = "sent" | "failed" | "unsent" | "unknown" | "released" | "interrupted";

/** What an attempt leaves behind: who tried, when, how it ended. Nothing here is ever changed. */
export type AttemptOperations = ReturnType<typeof createAttempts>;

export function createAttempts(e: Sql) {
  const insert = e.prepare(
    (
      db,
      p: {
        subject: string;
        subjectSeq: number;
        conversation: number;
        attempt: number;
        at: number;
        now: number;
        outcome: string;
        error: string | null;
        counted: number;
      },
    ) =>
      db.insertInto("attempts").values({
        subject: p.subject,
        subject_seq: p.subjectSeq,
        conversation_id: p.conversation,
        attempt: p.attempt,
        at: p.at,
        ended_at: p.now,
        outcome: p.outcome,
        error: p.error,
        counted: p.counted,
      }),
  );

  return {
    *append(
      context: Context,
      subject: "turn" | "delivery",
      row: { seq: number; conversation_id: number; attempt: number; claimed_at: number | null },
      outcome: AttemptOutcome,
      error: string | null,
    ): Operation<void> {
      yield* run(insert, {
        subject,
        subjectSeq: row.seq,
        conversation: row.conversation_id,
        attempt: row.attempt,
        at: row.claimed_at ?? context.now,
        now: context.now,
        outcome,
        error,
        counted: subject === "delivery" && outcome !== "unsent" ? 1 : 0,
      });
    },
  };
}
