import {
  type Accepted,
  addressKey,
  type InboundEvent,
  type InboundMessage,
  type RoutedMessage,
  type Routing,
  type StoreBatch,
} from "@wxgate/core";
import { sql } from "kysely";
import type { Context } from "../context.ts";
import { toJson } from "../json.ts";
import { type Operation, run, type Sql } from "../sql.ts";
import { createAcceptKnown, dueAgain, renewed } from "./accept-known.ts";
import type { ConversationHead, ConversationOperations } from "./conversations.ts";
import type { CursorOperations } from "./cursors.ts";
import type { EventOperations } from "./events.ts";
import { laneKey } from "./lanes.ts";

export function createAccept(
  e: Sql,
  {
    conversations,
    events,
    cursors,
  }: { conversations: ConversationOperations; events: EventOperations; cursors: CursorOperations },
) {
  const insert = e.prepare(
    (
      db,
      p: {
        channel: string;
        account: string;
        platformId: string;
        conversation: number;
        lane: string | null;
        kind: string;
        state: string;
        senderId: string;
        senderName: string | null;
        sentAt: number;
        now: number;
        dueAt: number | null;
        content: string;
        quote: string | null;
        handle: string | null;
      },
    ) =>
      db
        .insertInto("messages")
        .values({
          channel: p.channel,
          account: p.account,
          platform_id: p.platformId,
          conversation_id: p.conversation,
          lane: p.lane,
          kind: p.kind,
          state: p.state,
          sender_id: p.senderId,
          sender_name: p.senderName,
          sent_at: p.sentAt,
          received_at: p.now,
          due_at: p.dueAt,
          content: p.content,
          quote: p.quote,
          handle: p.handle,
        })
        .onConflict((c) => c.columns(["channel", "account", "platform_id"]).doNothing()),
  );
  const renew = e.prepare((db, p: { id: number; name: string | null; lastInboundAt: number; now: number }) =>
    db.updateTable("conversations").set(renewed(p)).where("id", "=", p.id),
  );
  const renewAndFill = e.prepare(
    (db, p: { id: number; name: string | null; lastInboundAt: number; now: number; dueAt: number }) =>
      db
        .updateTable("conversations")
        .set({
          ...renewed(p),
          turn_at: dueAgain(p),
        })
        .where("id", "=", p.id),
  );
  const fillLane = e.prepare(
    (db, p: { key: string; lane: string; channel: string; account: string; dueAt: number | null; now: number }) =>
      db
        .insertInto("conversations")
        .values({
          key: p.key,
          channel: p.channel,
          account: p.account,
          kind: "lane",
          peer: p.lane,
          created_at: p.now,
          last_message_at: p.now,
          turn_at: p.dueAt,
        })
        .onConflict((c) =>
          c.column("key").doUpdateSet({
            account: sql<string>`case when conversations.turn_at is null then excluded.account
              else conversations.account end`,
            turn_at: sql<number | null>`case when conversations.turn_at is null or conversations.turn_at > ${p.now}
              then coalesce(excluded.turn_at, conversations.turn_at) else conversations.turn_at end`,
          }),
        ),
  );

  const acceptKnown = createAcceptKnown(e);

  function* acceptMessage(context: Context, routed: RoutedMessage): Operation<boolean> {
    const { message, routing } = routed;
    const key = addressKey(message.from);
    const usual = routing.as === "turn" && routing.lane === key;
    if (usual && !e.concurrent && (yield* acceptKnown(context, key, routed))) return true;
    const conversation = yield* conversations.ensure(context, message.from, key);
    const own = routing.lane === key;
    const isWakeUp =
      routing.as === "resume" && (conversation.waits === 1 || (yield* conversations.saidMoreWaits(conversation.id)));
    const { kind, state } = fate(routing, conversation, isWakeUp);
    const dueAt = state === "waiting" && kind === "turn" ? context.now + (routing.graceMs ?? 0) : null;
    const stored = yield* run(insert, {
      channel: message.from.channel,
      account: message.from.account,
      platformId: message.id,
      conversation: conversation.id,
      lane: own ? null : routing.lane,
      kind,
      state,
      senderId: message.sender.id,
      senderName: message.sender.name ?? null,
      sentAt: message.sentAt.getTime(),
      now: context.now,
      dueAt,
      content: JSON.stringify(message.content),
      quote: toJson(message.quote),
      handle: toJson(message.replyHandle),
    });
    if (stored === 0) return false;
    if (routing.as === "aside") return true;
    yield* renewConversation(context, conversation, message, routing, own ? dueAt : null);
    if (state !== "waiting") return true;
    if (!own) yield* fillOther(context, message, routing.lane, dueAt);
    context.wake("turns");
    return true;
  }

  function* fillOther(context: Context, message: InboundMessage, lane: string, dueAt: number | null): Operation<void> {
    const { channel, account } = message.from;
    yield* run(fillLane, { key: laneKey(lane), lane, channel, account, dueAt, now: context.now });
  }

  /** Messages from before our first contact reach back in time: they open nothing that is not open anyway. */
  function* renewConversation(
    context: Context,
    conversation: ConversationHead,
    message: InboundMessage,
    routing: Routing,
    dueAt: number | null,
  ): Operation<void> {
    const wroteAt = Math.min(message.sentAt.getTime(), context.now);
    const before = conversation.last_inbound_at;
    if (routing.as === "history" && before !== null && wroteAt <= before) return;
    const args = {
      id: conversation.id,
      name: message.from.kind === "direct" ? (message.sender.name ?? null) : null,
      lastInboundAt: before === null ? wroteAt : Math.max(wroteAt, before),
      now: context.now,
    };
    if (dueAt === null) yield* run(renew, args);
    else yield* run(renewAndFill, { ...args, dueAt });
    if (conversation.waits === 1) {
      yield* conversations.wakeDeferred(context, conversation.id, "customer");
      yield* conversations.rearm(context, conversation.id);
    }
  }

  /** Two gateways that hold the same people's messages would else wait for each other. */
  function* lockInOrder(context: Context, batch: StoreBatch): Operation<void> {
    const addresses = new Map(batch.messages.map(({ message }) => [addressKey(message.from), message.from]));
    if (addresses.size < 2) return;
    for (const key of [...addresses.keys()].sort()) {
      yield* conversations.ensure(context, addresses.get(key)!, key);
    }
  }

  function* acceptEvent(context: Context, event: InboundEvent, fresh: Set<string>): Operation<void> {
    if (yield* events.accept(context, event)) fresh.add(event.id);
  }

  return function* accept(context: Context, batch: StoreBatch): Operation<Accepted> {
    if (e.concurrent) yield* lockInOrder(context, batch);
    const fresh = new Set<string>();
    let accepted = 0;
    let next = 0;
    for (const routed of batch.messages) {
      // A human who took over before the person wrote must be known when the message is stored.
      for (; next < batch.events.length && isBefore(batch.events[next]!, routed.message); next++) {
        yield* acceptEvent(context, batch.events[next]!, fresh);
      }
      if (!(yield* acceptMessage(context, routed))) continue;
      accepted++;
      fresh.add(routed.message.id);
    }
    for (; next < batch.events.length; next++) yield* acceptEvent(context, batch.events[next]!, fresh);
    if (batch.cursor !== undefined) yield* cursors.move(batch.cursor);
    return { accepted, duplicates: batch.messages.length - accepted, fresh };
  };
}

/** At the same moment the message goes first: a recall follows what it recalls. */
function isBefore(event: InboundEvent, message: InboundMessage): boolean {
  return event.at.getTime() < message.sentAt.getTime();
}

function fate(
  routing: Routing,
  conversation: ConversationHead,
  isWakeUp: boolean,
): { kind: "turn" | "command" | "history" | "resume" | "aside"; state: "waiting" | "history" | "done" } {
  if (routing.as === "history" || conversation.served_by === "human") return { kind: "history", state: "history" };
  if (routing.as === "aside") return { kind: "aside", state: "waiting" };
  if (routing.as === "command") return { kind: "command", state: "waiting" };
  // Being a new message it wakes what waits; there is nothing for an agent in it.
  if (isWakeUp) return { kind: "resume", state: "done" };
  return { kind: "turn", state: "waiting" };
}
