import type {
  Address,
  ClaimedMessage,
  ClaimedTurn,
  InboundMessage,
  OutboundContent,
  StoredQuestion,
  WorkerOptions,
} from "@wxgate/core";
import { sql } from "kysely";
import type { Context } from "../context.ts";
import type { Ids } from "../ids.ts";
import { parseJson, parseOptional } from "../json.ts";
import { all, first, type Operation, run, type Sql } from "../sql.ts";
import type { Policies, StandingOperations } from "./standing.ts";

export interface MessageColumns {
  readonly seq: number;
  readonly platform_id: string;
  readonly conversation_id: number;
  readonly kind: string;
  readonly sender_id: string | null;
  readonly sender_name: string | null;
  readonly sent_at: number;
  readonly due_at: number | null;
  readonly content: string;
  readonly quote: string | null;
  readonly handle: string | null;
}

export const MESSAGE_COLUMNS = [
  "seq",
  "platform_id",
  "conversation_id",
  "kind",
  "sender_id",
  "sender_name",
  "sent_at",
  "due_at",
  "content",
  "quote",
  "handle",
] as const;

export interface NewTurn {
  readonly kind: "turn" | "command";
  /** As the routing names it. */
  readonly lane: string;
  readonly laneId: number;
  readonly session: string;
  readonly worker: string;
  readonly policies?: Policies | undefined;
  /** All of one conversation. */
  readonly messages: readonly MessageColumns[];
}

export type TurnRowOperations = ReturnType<typeof createTurnRows>;

/** Makes turns of messages, and takes up those that were given back. */
export function createTurnRows(e: Sql, { ids, standing }: { ids: Ids; standing: StandingOperations }) {
  const messageBySeq = e.prepare((db, p: { seq: number }) =>
    db.selectFrom("messages").select(MESSAGE_COLUMNS).where("seq", "=", p.seq),
  );
  const insert = e.prepare(
    (
      db,
      p: {
        kind: string;
        lane: string;
        laneId: number;
        conversation: number;
        channel: string;
        account: string;
        session: string;
        worker: string;
        messages: string;
        now: number;
      },
    ) =>
      db
        .insertInto("turns")
        .values({
          kind: p.kind,
          lane: p.lane,
          lane_id: p.laneId,
          conversation_id: p.conversation,
          channel: p.channel,
          account: p.account,
          session: p.session,
          state: sql.lit("running"),
          active: sql.lit(1),
          attempt: sql.lit(1),
          claim: sql.lit(1),
          worker: p.worker,
          messages: p.messages,
          created_at: p.now,
          claimed_at: p.now,
        })
        .returning("seq"),
  );
  const take = e.prepare((db, p: { seq: number; turn: number }) =>
    db
      .updateTable("messages")
      .set({ state: sql.lit("claimed"), turn_seq: p.turn })
      .where("seq", "=", p.seq),
  );
  const takeAll = e.prepare((db, p: { messages: string; turn: number }) =>
    db
      .updateTable("messages")
      .set({ state: sql.lit("claimed"), turn_seq: p.turn })
      .where(e.inNumbers("seq", p.messages)),
  );
  const retake = e.prepare((db, p: { seq: number; worker: string; now: number }) =>
    db
      .updateTable("turns")
      .set({
        state: "running",
        attempt: sql<number>`attempt + 1`,
        claim: sql<number>`claim + 1`,
        worker: p.worker,
        claimed_at: p.now,
        due_at: null,
      })
      .where("seq", "=", p.seq)
      .where("state", "=", sql.lit("waiting"))
      .returningAll(),
  );
  const repliesOf = e.prepare((db, p: { turn: number }) =>
    db
      .selectFrom("replies")
      .select(sql<number | null>`max(ordinal)`.as("last"))
      .where("turn_seq", "=", p.turn)
      .where("ordinal", "is not", null),
  );
  const questionsOf = e.prepare((db, p: { turn: number }) =>
    db.selectFrom("questions").selectAll().where("turn_seq", "=", p.turn).orderBy("ordinal"),
  );

  function* asked(
    turn: number,
    address: Address,
  ): Operation<(StoredQuestion & { readonly answerSeq: number | null })[]> {
    const questions = [];
    for (const row of yield* all(questionsOf, { turn })) {
      const answer = row.answer_seq === null ? undefined : yield* first(messageBySeq, { seq: row.answer_seq });
      questions.push({
        ordinal: row.ordinal,
        content: parseJson<OutboundContent>(row.content),
        until: row.until_at,
        closed: row.state === "closed",
        answerSeq: row.answer_seq,
        ...(answer === undefined ? {} : { answer: claimedMessage(ids, answer, address) }),
      });
    }
    return questions;
  }

  return {
    *start(context: Context, turn: NewTurn): Operation<{ seq: number; claimed: ClaimedTurn }> {
      const { kind, lane, laneId, session, worker, policies, messages } = turn;
      const conversation = messages[0]!.conversation_id;
      const numbers = JSON.stringify(messages.map((row) => row.seq));
      const where = yield* standing.of(conversation, policies);
      const made = yield* first(insert, {
        kind,
        lane,
        laneId,
        conversation,
        channel: where.address.channel,
        account: where.address.account,
        session,
        worker,
        messages: numbers,
        now: context.now,
      });
      const { seq } = made!;
      if (messages.length === 1) yield* run(take, { seq: messages[0]!.seq, turn: seq });
      else yield* run(takeAll, { messages: numbers, turn: seq });
      const id = ids.format("trn", seq);
      const claimed: ClaimedTurn = {
        claim: { id, number: 1 },
        id,
        attempt: 1,
        lane,
        as: kind,
        session,
        conversation: where.address,
        messages: messages.map((row) => claimedMessage(ids, row, where.address)),
        handles: where.handles,
        replied: 0,
        asked: [],
        quota: where.quota,
        cancelled: false,
        createdAt: context.now,
      };
      return { seq, claimed };
    },

    /** The next attempt of a turn; undefined: somebody else was quicker. */
    *resume(
      context: Context,
      seq: number,
      { worker, policies }: Pick<WorkerOptions, "worker" | "policies">,
    ): Operation<ClaimedTurn | undefined> {
      const turn = yield* first(retake, { seq, worker, now: context.now });
      if (turn === undefined) return undefined;
      const where = yield* standing.of(turn.conversation_id, policies);
      const questions = yield* asked(seq, where.address);
      const answers = new Set(questions.map(({ answerSeq }) => answerSeq));
      const messages: MessageColumns[] = [];
      for (const message of parseJson<number[]>(turn.messages)) {
        if (answers.has(message)) continue;
        const row = yield* first(messageBySeq, { seq: message });
        if (row !== undefined) messages.push(row);
      }
      const id = ids.format("trn", seq);
      const last = (yield* first(repliesOf, { turn: seq }))?.last ?? null;
      const stream = parseOptional<NonNullable<ClaimedTurn["stream"]>>(turn.stream);
      return {
        claim: { id, number: turn.claim },
        id,
        attempt: turn.attempt,
        lane: turn.lane,
        as: turn.kind === "command" ? "command" : "turn",
        session: turn.session,
        conversation: where.address,
        messages: messages.map((row) => claimedMessage(ids, row, where.address)),
        handles: where.handles,
        ...(stream === undefined ? {} : { stream }),
        ...(turn.shown === null ? {} : { shown: turn.shown }),
        replied: last === null ? 0 : last + 1,
        asked: questions.map(({ answerSeq: _, ...question }) => question),
        quota: where.quota,
        cancelled: turn.cancelled === 1,
        createdAt: turn.created_at,
        ...(turn.failing_since === null ? {} : { failingSince: turn.failing_since }),
      };
    },
  };
}

export function claimedMessage(ids: Ids, row: MessageColumns, address: Address): ClaimedMessage {
  return { id: ids.format("msg", row.seq), message: toMessage(row, address) };
}

function toMessage(row: MessageColumns, from: Address): InboundMessage {
  const quote = parseOptional<NonNullable<InboundMessage["quote"]>>(row.quote);
  const replyHandle = parseOptional<NonNullable<InboundMessage["replyHandle"]>>(row.handle);
  return {
    id: row.platform_id,
    from,
    sender: { id: row.sender_id ?? "", ...(row.sender_name === null ? {} : { name: row.sender_name }) },
    sentAt: new Date(row.sent_at),
    content: parseJson(row.content),
    ...(quote === undefined ? {} : { quote }),
    ...(replyHandle === undefined ? {} : { replyHandle }),
  };
}
