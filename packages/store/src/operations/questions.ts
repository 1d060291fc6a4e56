import {
  type Claim,
  type ClaimedMessage,
  type NewReply,
  type OutboundContent,
  StaleClaimError,
  type StoredQuestion,
} from "@wxgate/core";
import { sql } from "kysely";
import type { Context } from "../context.ts";
import type { Ids } from "../ids.ts";
import { parseJson } from "../json.ts";
import { all, first, type Operation, run, type Sql } from "../sql.ts";
import type { LaneOperations } from "./lanes.ts";
import type { StandingOperations } from "./standing.ts";
import { claimedMessage, MESSAGE_COLUMNS } from "./turn-rows.ts";
import type { TurnOperations } from "./turns.ts";

interface Parts {
  readonly ids: Ids;
  readonly lanes: LaneOperations;
  readonly standing: StandingOperations;
  readonly turns: TurnOperations;
}

/** What running turns ask their senders, and the messages that answer. */
export function createQuestions(e: Sql, { ids, lanes, standing, turns }: Parts) {
  const insert = e.prepare(
    (
      db,
      p: {
        turn: number;
        ordinal: number;
        conversation: number;
        content: string;
        until: number;
        message: number;
        now: number;
      },
    ) =>
      db
        .insertInto("questions")
        .columns([
          "turn_seq",
          "ordinal",
          "conversation_id",
          "sender_id",
          "content",
          "behind",
          "until_at",
          "state",
          "created_at",
        ])
        .expression((q) =>
          q
            .selectFrom("messages as asked")
            .select([
              sql<number>`${p.turn}`.as("turn_seq"),
              sql<number>`${p.ordinal}`.as("ordinal"),
              sql<number>`${p.conversation}`.as("conversation_id"),
              "asked.sender_id",
              sql<string>`${p.content}`.as("content"),
              sql<number>`(select max(m.seq) from messages m where m.conversation_id = ${p.conversation})`.as("behind"),
              sql<number>`${p.until}`.as("until_at"),
              sql.lit("open").as("state"),
              sql<number>`${p.now}`.as("created_at"),
            ])
            .where("asked.seq", "=", p.message),
        )
        .onConflict((c) => c.columns(["turn_seq", "ordinal"]).doNothing()),
  );
  const read = e.prepare((db, p: { turn: number; ordinal: number }) =>
    db.selectFrom("questions").selectAll().where("turn_seq", "=", p.turn).where("ordinal", "=", p.ordinal),
  );
  const nextMessage = e.prepare((db, p: { conversation: number; behind: number; sender: string | null }) =>
    db
      .selectFrom("messages")
      .select([...MESSAGE_COLUMNS, "lane"])
      .where("conversation_id", "=", p.conversation)
      .where("seq", ">", p.behind)
      .where("sender_id", "=", p.sender)
      .where("state", "=", sql.lit("waiting"))
      .where("kind", "not in", [sql.lit("command"), sql.lit("aside")])
      .orderBy("seq")
      .limit(1),
  );
  const message = e.prepare((db, p: { seq: number }) =>
    db.selectFrom("messages").select(MESSAGE_COLUMNS).where("seq", "=", p.seq),
  );
  const take = e.prepare((db, p: { seq: number; turn: number }) =>
    db
      .updateTable("messages")
      .set({ state: sql.lit("claimed"), turn_seq: p.turn })
      .where("seq", "=", p.seq)
      .where("state", "=", sql.lit("waiting")),
  );
  const settle = e.prepare((db, p: { seq: number; state: string; answer: number | null }) =>
    db.updateTable("questions").set({ state: p.state, answer_seq: p.answer }).where("seq", "=", p.seq),
  );
  const addMessage = e.prepare((db, p: { seq: number; messages: string }) =>
    db.updateTable("turns").set({ messages: p.messages }).where("seq", "=", p.seq),
  );
  const answered = e.prepare((db, p: { worker: string }) =>
    db
      .selectFrom("questions as q")
      .innerJoin("turns as t", "t.seq", "q.turn_seq")
      .select("t.seq")
      .where("q.state", "=", sql.lit("open"))
      .where("t.state", "=", sql.lit("running"))
      .where("t.worker", "=", p.worker)
      .where((w) =>
        w.exists(
          w
            .selectFrom("messages as m")
            .select("m.seq")
            .whereRef("m.conversation_id", "=", "q.conversation_id")
            .whereRef("m.seq", ">", "q.behind")
            .whereRef("m.sender_id", "=", "q.sender_id")
            .where("m.state", "=", sql.lit("waiting"))
            .where("m.kind", "not in", [sql.lit("command"), sql.lit("aside")]),
        ),
      ),
  );

  function* find(claim: Claim, turn: number, ordinal: number) {
    const question = yield* first(read, { turn, ordinal });
    if (question === undefined) throw new Error(`turn ${claim.id} asked no question ${ordinal}`);
    return question;
  }

  return {
    *ask(
      context: Context,
      claim: Claim,
      ordinal: number,
      question: NewReply,
      waitMs: number,
    ): Operation<StoredQuestion> {
      // The pieces first: they lock the conversation, so that no message comes between them and the question.
      yield* turns.addReply(context, claim, ordinal, question);
      const turn = yield* turns.demandHeld(claim);
      const [asked = 0] = parseJson<number[]>(turn.messages);
      yield* run(insert, {
        turn: turn.seq,
        ordinal,
        conversation: turn.conversation_id,
        content: JSON.stringify(question.content[0]),
        until: context.now + waitMs,
        message: asked,
        now: context.now,
      });
      const row = yield* find(claim, turn.seq, ordinal);
      return {
        ordinal,
        content: parseJson<OutboundContent>(row.content),
        until: row.until_at,
        closed: row.state === "closed",
      };
    },

    *answered(worker: string): Operation<readonly string[]> {
      return (yield* all(answered, { worker })).map(({ seq }) => ids.format("trn", seq));
    },

    *takeAnswer(
      context: Context,
      claim: Claim,
      ordinal: number,
      close: boolean,
    ): Operation<ClaimedMessage | undefined> {
      const turn = yield* turns.demandHeld(claim);
      const question = yield* find(claim, turn.seq, ordinal);
      const address = yield* standing.address(turn.conversation_id);
      if (question.answer_seq !== null) {
        const known = yield* first(message, { seq: question.answer_seq });
        if (known === undefined) throw new StaleClaimError(`turn ${claim.id}`);
        return claimedMessage(ids, known, address);
      }
      if (question.state === "closed") return undefined;
      const row = yield* first(nextMessage, {
        conversation: question.conversation_id,
        behind: question.behind,
        sender: question.sender_id,
      });
      if (row === undefined || (yield* run(take, { seq: row.seq, turn: turn.seq })) === 0) {
        if (close) yield* run(settle, { seq: question.seq, state: "closed", answer: null });
        return undefined;
      }
      yield* run(settle, { seq: question.seq, state: "answered", answer: row.seq });
      const messages = [...parseJson<number[]>(turn.messages), row.seq];
      yield* run(addMessage, { seq: turn.seq, messages: JSON.stringify(messages) });
      yield* lanes.rearm(context, row);
      return claimedMessage(ids, row, address);
    },
  };
}
