import type { RoutedMessage } from "@wxgate/core";
import { sql } from "kysely";
import type { Context } from "../context.ts";
import { toJson } from "../json.ts";
import { type Operation, run, type Sql } from "../sql.ts";

/** What a message of the person changes in its conversation. */
export function renewed(p: { name: string | null; lastInboundAt: number; now: number }) {
  return {
    last_inbound_at: p.lastInboundAt,
    last_message_at: p.now,
    // One that is just being sent may reach the platform after this message.
    sends_since_inbound: sql<number>`sending`,
    inbounds: sql<number>`inbounds + 1`,
    window_closed: sql.lit(0),
    name: sql<string | null>`coalesce(${p.name}, name)`,
  };
}

/** Words make it due at once; media alone put it off, unless words wait already. */
export function dueAgain(p: { now: number; dueAt: number }) {
  return sql<number>`case when turn_at is null or turn_at > ${p.now} then ${p.dueAt} else turn_at end`;
}

/** The short way for nearly every message; whatever is different takes the long one in accept.ts. */
export function createAcceptKnown(e: Sql) {
  // A quarter cheaper than "on conflict". What else it ignores goes the long way, too, and fails there.
  const insert = e.prepare(
    (
      db,
      p: {
        key: string;
        platformId: string;
        senderId: string;
        senderName: string | null;
        sentAt: number;
        now: number;
        dueAt: number;
        content: string;
        quote: string | null;
        handle: string | null;
      },
    ) =>
      db
        .insertInto("messages")
        .orIgnore()
        .columns([
          "channel",
          "account",
          "platform_id",
          "conversation_id",
          "kind",
          "state",
          "sender_id",
          "sender_name",
          "sent_at",
          "received_at",
          "due_at",
          "content",
          "quote",
          "handle",
        ])
        .expression((q) =>
          q
            .selectFrom("conversations")
            .select([
              "channel",
              "account",
              sql<string>`${p.platformId}`.as("platform_id"),
              "id",
              sql.lit("turn").as("kind"),
              sql.lit("waiting").as("state"),
              sql<string>`${p.senderId}`.as("sender_id"),
              sql<string | null>`${p.senderName}`.as("sender_name"),
              sql<number>`${p.sentAt}`.as("sent_at"),
              sql<number>`${p.now}`.as("received_at"),
              sql<number>`${p.dueAt}`.as("due_at"),
              sql<string>`${p.content}`.as("content"),
              sql<string | null>`${p.quote}`.as("quote"),
              sql<string | null>`${p.handle}`.as("handle"),
            ])
            .where("key", "=", p.key)
            .where("served_by", "=", sql.lit("bot"))
            .where(sql<boolean>`not exists (select 1 from deliveries d where d.conversation_id = conversations.id
              and d.active = 1 and d.state = 'deferred' and d.defer = 'customer')`),
        ),
  );
  const renew = e.prepare((db, p: { name: string | null; wroteAt: number; now: number; dueAt: number }) =>
    db
      .updateTable("conversations")
      .set({
        ...renewed({ name: p.name, lastInboundAt: p.wroteAt, now: p.now }),
        last_inbound_at: sql<number>`max(coalesce(last_inbound_at, 0), ${p.wroteAt})`,
        turn_at: dueAgain(p),
      })
      .where("id", "=", sql<number>`(select conversation_id from messages where seq = last_insert_rowid())`),
  );

  /**
   * Nearly every message: somebody known, for whom nothing waits, writes words or media to the bot. Two statements instead of
   * three, without reading the conversation first; so only where one transaction runs at a time.
   *
   * @returns false when it is another case, or known
   */
  return function* acceptKnown(context: Context, key: string, { message, routing }: RoutedMessage): Operation<boolean> {
    const { now } = context;
    const dueAt = now + (routing.graceMs ?? 0);
    const sentAt = message.sentAt.getTime();
    const senderName = message.sender.name ?? null;
    const stored = yield* run(insert, {
      key,
      platformId: message.id,
      senderId: message.sender.id,
      senderName,
      sentAt,
      now,
      dueAt,
      content: JSON.stringify(message.content),
      quote: toJson(message.quote),
      handle: toJson(message.replyHandle),
    });
    if (stored === 0) return false;
    const name = message.from.kind === "direct" ? senderName : null;
    yield* run(renew, { name, wroteAt: Math.min(sentAt, now), now, dueAt });
    context.wake("turns");
    return true;
  };
}
