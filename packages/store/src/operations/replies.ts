import type { Address, NewReply } from "@wxgate/core";
import { sql } from "kysely";
import type { Context } from "../context.ts";
import { toJson } from "../json.ts";
import { first, type Operation, run, type Sql } from "../sql.ts";
import { type ConversationOperations, HUMAN_SERVES } from "./conversations.ts";
import { createHold } from "./hold.ts";

export interface ReplyOrigin {
  readonly conversation: number;
  readonly turn?: number;
  readonly ordinal?: number;
  readonly answers: readonly string[];
  readonly source?: string;
}

export type ReplyOperations = ReturnType<typeof createReplies>;

export function createReplies(e: Sql, conversations: ConversationOperations) {
  const hold = createHold(e);
  const insertReply = e.prepare(
    (
      db,
      p: {
        id: string;
        turn: number | null;
        ordinal: number | null;
        conversation: number;
        content: string;
        answers: string;
        source: string | null;
        now: number;
      },
    ) =>
      db
        .insertInto("replies")
        .values({
          id: p.id,
          turn_seq: p.turn,
          ordinal: p.ordinal,
          conversation_id: p.conversation,
          content: p.content,
          answers: p.answers,
          source: p.source,
          created_at: p.now,
        })
        .onConflict((c) => c.doNothing())
        .returning("seq"),
  );
  /** Makes room at the tail; the first of an idle conversation is due at once, the others when it is their turn. */
  const extend = e.prepare((db, p: { id: number; count: number; dueAt: number }) =>
    db
      .updateTable("conversations")
      .set({
        tail: sql<number>`tail + ${p.count}`,
        deliver_at: sql<number | null>`case
          when sending = 1 or served_by = 'human'
            or exists (select 1 from deliveries d where d.conversation_id = ${p.id} and d.active = 1)
            or exists (select 1 from accounts a where a.channel = conversations.channel
              and a.account = conversations.account and a.paused_since is not null)
          then deliver_at else ${p.dueAt} end`,
      })
      .where("id", "=", p.id)
      .returning(["tail", "served_by", "channel", "account", "deliver_at"]),
  );
  const insertDelivery = e.prepare(
    (
      db,
      p: {
        id: string;
        reply: string;
        replySeq: number;
        turn: number | null;
        conversation: number;
        channel: string;
        account: string;
        position: number;
        state: string;
        defer: string | null;
        error: string | null;
        dueAt: number;
        piece: string;
        stream: string | null;
        now: number;
      },
    ) =>
      db
        .insertInto("deliveries")
        .values({
          id: p.id,
          reply_id: p.reply,
          reply_seq: p.replySeq,
          turn_seq: p.turn,
          conversation_id: p.conversation,
          channel: p.channel,
          account: p.account,
          position: p.position,
          state: p.state,
          active: 1,
          defer: p.defer,
          error: p.error,
          due_at: p.dueAt,
          piece: p.piece,
          stream: p.stream,
          created_at: p.now,
          queued_at: p.now,
          updated_at: p.now,
        })
        .onConflict((c) => c.column("id").doNothing()),
  );

  const operations = {
    /** Stores a reply and its pieces at the tail of the conversation; one that is known is not stored again. */
    *add(context: Context, origin: ReplyOrigin, reply: NewReply): Operation<void> {
      const stored = yield* first(insertReply, {
        id: reply.id,
        turn: origin.turn ?? null,
        ordinal: origin.ordinal ?? null,
        conversation: origin.conversation,
        content: JSON.stringify(reply.content),
        answers: JSON.stringify(origin.answers),
        source: origin.source ?? null,
        now: context.now,
      });
      const count = reply.deliveries.length;
      if (stored === undefined || count === 0) return;
      const dueAt = context.now + (reply.deliveries[0]?.dueInMs ?? 0);
      yield* hold.id(origin.conversation);
      const room = yield* first(extend, { id: origin.conversation, count, dueAt });
      if (room === undefined) throw new Error(`conversation ${origin.conversation} is gone`);
      const human = room.served_by === "human";
      let position = room.tail - count;
      for (const delivery of reply.deliveries) {
        yield* run(insertDelivery, {
          id: delivery.id,
          reply: reply.id,
          replySeq: stored.seq,
          turn: origin.turn ?? null,
          conversation: origin.conversation,
          channel: room.channel,
          account: room.account,
          position: ++position,
          state: human ? "deferred" : "queued",
          defer: human ? "human" : null,
          error: human ? HUMAN_SERVES : null,
          dueAt: context.now + (delivery.dueInMs ?? 0),
          piece: JSON.stringify(delivery.piece),
          stream: toJson(delivery.stream),
          now: context.now,
        });
      }
      if (room.deliver_at !== null) context.wake("deliveries");
    },

    *enqueue(
      context: Context,
      to: Address,
      reply: NewReply,
      options: { readonly answers?: readonly string[]; readonly source?: string } = {},
    ): Operation<void> {
      const { id } = yield* conversations.ensure(context, to);
      yield* operations.add(
        context,
        { conversation: id, answers: options.answers ?? [], source: options.source },
        reply,
      );
    },
  };
  return operations;
}
