import type { InboundEvent, RatingRow, StoredError } from "@wxgate/core";
import { sql } from "kysely";
import type { Context } from "../context.ts";
import { parseJson } from "../json.ts";
import { all, first, type Operation, run, type Sql } from "../sql.ts";
import type { ConversationOperations } from "./conversations.ts";
import type { LaneOperations } from "./lanes.ts";

export type EventOperations = ReturnType<typeof createEvents>;

export function createEvents(
  e: Sql,
  { conversations, lanes }: { conversations: ConversationOperations; lanes: LaneOperations },
) {
  const insert = e.prepare((db, p: { channel: string; account: string; eventId: string; now: number; body: string }) =>
    db
      .insertInto("events")
      .values({ channel: p.channel, account: p.account, event_id: p.eventId, received_at: p.now, body: p.body })
      .onConflict((c) => c.columns(["channel", "account", "event_id"]).doNothing()),
  );
  const insertOperator = e.prepare(
    (
      db,
      p: {
        channel: string;
        account: string;
        platformId: string;
        conversation: number;
        operator: string | null;
        sentAt: number;
        now: number;
        content: string;
      },
    ) =>
      db
        .insertInto("messages")
        .values({
          channel: p.channel,
          account: p.account,
          platform_id: p.platformId,
          conversation_id: p.conversation,
          kind: "operator",
          state: "history",
          sender_id: p.operator,
          sent_at: p.sentAt,
          received_at: p.now,
          content: p.content,
        })
        .onConflict((c) => c.columns(["channel", "account", "platform_id"]).doNothing()),
  );
  const recall = e.prepare((db, p: { channel: string; account: string; platformId: string }) =>
    db
      .updateTable("messages")
      .set({ state: "dropped" })
      .where("channel", "=", p.channel)
      .where("account", "=", p.account)
      .where("platform_id", "=", p.platformId)
      .where("state", "=", sql.lit("waiting"))
      .returning(["lane", "conversation_id"]),
  );
  const findDelivery = e.prepare((db, p: { channel: string; account: string; platformId: string }) =>
    db
      .selectFrom("deliveries")
      .select(["seq", "state", "conversation_id", "feedback"])
      .where("channel", "=", p.channel)
      .where("account", "=", p.account)
      .where("platform_id", "=", p.platformId)
      .whereRef("platform_id", "<>", "id")
      .orderBy("seq", "desc")
      .limit(1),
  );
  const findDeliveryById = e.prepare((db, p: { channel: string; account: string; id: string }) =>
    db
      .selectFrom("deliveries")
      .select(["seq", "state", "conversation_id", "feedback"])
      .where("id", "=", p.id)
      .where("channel", "=", p.channel)
      .where("account", "=", p.account),
  );
  const failLate = e.prepare((db, p: { seq: number; error: string; now: number }) =>
    db
      .updateTable("deliveries")
      .set({ state: "failed-late", error: p.error, updated_at: p.now })
      .where("seq", "=", p.seq)
      .where("state", "in", [sql.lit("accepted"), sql.lit("confirmed")]),
  );
  const markLate = e.prepare((db, p: { seq: number; error: string }) =>
    db
      .updateTable("deliveries")
      .set({ late: p.error })
      .where("seq", "=", p.seq)
      .where("state", "=", sql.lit("sending")),
  );
  const rate = e.prepare((db, p: { seq: number; feedback: string }) =>
    db.updateTable("deliveries").set({ feedback: p.feedback }).where("seq", "=", p.seq),
  );
  const closeWindow = e.prepare((db, p: { id: number }) =>
    db.updateTable("conversations").set({ window_closed: 1 }).where("id", "=", p.id),
  );

  function* deliveryNamed(channel: string, account: string, platformId: string) {
    return (
      (yield* first(findDelivery, { channel, account, platformId })) ??
      (yield* first(findDeliveryById, { channel, account, id: platformId }))
    );
  }

  /** Each person's last word about an answer stands beside it. */
  function* applyFeedback(event: Extract<InboundEvent, { kind: "feedback" }>): Operation<void> {
    const { from, sender, messageId, score, text, reasons } = event;
    const delivery = messageId && (yield* deliveryNamed(from.channel, from.account, messageId));
    if (!delivery) return;
    const by = sender?.id ?? from.peer;
    const others = parseJson<RatingRow[]>(delivery.feedback ?? "[]").filter((rating) => rating.by !== by);
    const rating: RatingRow = { by, at: event.at.getTime(), score, text, reasons };
    yield* run(rate, { seq: delivery.seq, feedback: JSON.stringify([...others, rating]) });
  }

  function* applyFailure(context: Context, event: Extract<InboundEvent, { kind: "delivery-failed" }>): Operation<void> {
    const { channel, account } = event.from;
    const error: StoredError = { code: "delivery.failed-late", message: event.reason };
    const text = JSON.stringify(error);
    const delivery = yield* deliveryNamed(channel, account, event.platformId);
    if (delivery !== undefined) {
      yield* run(failLate, { seq: delivery.seq, error: text, now: context.now });
      // The news may overtake the answer to the call itself.
      yield* run(markLate, { seq: delivery.seq, error: text });
    }
    if (event.closesWindow !== true) return;
    const id = delivery?.conversation_id ?? (yield* conversations.find(event.from))?.id;
    if (id === undefined) return;
    yield* run(closeWindow, { id });
    yield* conversations.deferQueued(context, id, "customer", text);
    yield* conversations.rearm(context, id);
  }

  function* applyRecall(context: Context, event: Extract<InboundEvent, { kind: "recalled" }>): Operation<void> {
    const { channel, account } = event.from;
    for (const row of yield* all(recall, { channel, account, platformId: event.messageId })) {
      yield* lanes.rearm(context, row);
    }
  }

  function* applyOperatorWrote(
    context: Context,
    event: Extract<InboundEvent, { kind: "operator-wrote" }>,
  ): Operation<void> {
    const { id } = yield* conversations.ensure(context, event.from);
    yield* run(insertOperator, {
      channel: event.from.channel,
      account: event.from.account,
      platformId: event.id,
      conversation: id,
      operator: event.operator ?? null,
      sentAt: event.at.getTime(),
      now: context.now,
      content: JSON.stringify(event.content),
    });
    yield* conversations.setServedBy(context, id, "human");
  }

  return {
    /** False: it was known. */
    *accept(context: Context, event: InboundEvent): Operation<boolean> {
      const { channel, account } = event.from;
      const body = JSON.stringify(event);
      const stored = yield* run(insert, { channel, account, eventId: event.id, now: context.now, body });
      if (stored === 0) return false;
      if (event.kind === "delivery-failed") yield* applyFailure(context, event);
      else if (event.kind === "feedback") yield* applyFeedback(event);
      else if (event.kind === "recalled") yield* applyRecall(context, event);
      else if (event.kind === "operator-wrote") yield* applyOperatorWrote(context, event);
      else if (event.kind === "session-changed") {
        const { id } = yield* conversations.ensure(context, event.from);
        yield* conversations.setServedBy(context, id, event.servedBy);
      }
      return true;
    },
  };
}
