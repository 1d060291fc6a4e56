import type { JsonObject, JsonValue, RatingRow, SendReceipt, TimelineEntry } from "@wxgate/core";
import type { Ids } from "../ids.ts";
import { errorField, parseJson } from "../json.ts";
import { all, first, type Operation, type Sql } from "../sql.ts";

/** A message's way from its arrival to the receipts of what answered it, as the rows tell it. */
export function createTimeline(e: Sql, ids: Ids) {
  const messageColumns = [
    "seq",
    "conversation_id",
    "platform_id",
    "kind",
    "state",
    "sent_at",
    "received_at",
    "turn_seq",
  ] as const;
  const messageBySeq = e.prepare((db, p: { seq: number }) =>
    db.selectFrom("messages").select(messageColumns).where("seq", "=", p.seq),
  );
  // There is no index by platform id alone: each account is asked for its own.
  const accounts = e.prepare((db, _: object) => db.selectFrom("accounts").select(["channel", "account"]));
  const messageByPlatform = e.prepare((db, p: { channel: string; account: string; platformId: string }) =>
    db
      .selectFrom("messages")
      .select(messageColumns)
      .where("channel", "=", p.channel)
      .where("account", "=", p.account)
      .where("platform_id", "=", p.platformId),
  );
  const turn = e.prepare((db, p: { seq: number }) => db.selectFrom("turns").selectAll().where("seq", "=", p.seq));
  const attempts = e.prepare((db, p: { conversation: number; since: number; subject: string; seq: number }) =>
    db
      .selectFrom("attempts")
      .select(["attempt", "at", "ended_at", "outcome", "error"])
      .where("conversation_id", "=", p.conversation)
      .where("at", ">=", p.since)
      .where("subject", "=", p.subject)
      .where("subject_seq", "=", p.seq)
      .orderBy("seq"),
  );
  const deliveryColumns = [
    "seq",
    "id",
    "turn_seq",
    "conversation_id",
    "state",
    "defer",
    "attempt",
    "claimed_at",
    "platform_id",
    "receipt",
    "error",
    "created_at",
    "updated_at",
    "reply_id",
    "feedback",
  ] as const;
  const deliveriesOfTurn = e.prepare((db, p: { conversation: number; turn: number }) =>
    db
      .selectFrom("deliveries")
      .select(deliveryColumns)
      .where("conversation_id", "=", p.conversation)
      .where("turn_seq", "=", p.turn)
      .orderBy("seq"),
  );
  const deliveryById = e.prepare((db, p: { id: string }) =>
    db.selectFrom("deliveries").select(deliveryColumns).where("id", "=", p.id),
  );
  const deliveryByPlatform = e.prepare((db, p: { channel: string; account: string; platformId: string }) =>
    db
      .selectFrom("deliveries")
      .select(deliveryColumns)
      .where("channel", "=", p.channel)
      .where("account", "=", p.account)
      .where("platform_id", "=", p.platformId)
      .whereRef("platform_id", "<>", "id")
      .limit(1),
  );

  type Message = {
    seq: number;
    conversation_id: number;
    platform_id: string;
    kind: string;
    state: string;
    sent_at: number;
    received_at: number;
    turn_seq: number | null;
  };
  type Delivery = {
    seq: number;
    id: string;
    turn_seq: number | null;
    conversation_id: number;
    state: string;
    defer: string | null;
    attempt: number;
    claimed_at: number | null;
    platform_id: string | null;
    receipt: string | null;
    error: string | null;
    created_at: number;
    updated_at: number;
    reply_id: string;
    feedback: string | null;
  };

  type Found = { message?: Message; delivery?: Delivery };

  function* lookUp(id: string): Operation<Found | undefined> {
    const seq = ids.parse("msg", id);
    const message = seq === undefined ? undefined : yield* first(messageBySeq, { seq });
    if (message !== undefined) return { message };
    const delivery = yield* first(deliveryById, { id });
    if (delivery !== undefined) return { delivery };
    return yield* lookUpByPlatform(id);
  }

  function* lookUpByPlatform(platformId: string): Operation<Found | undefined> {
    for (const { channel, account } of yield* all(accounts, {})) {
      const message = yield* first(messageByPlatform, { channel, account, platformId });
      if (message !== undefined) return { message };
      const delivery = yield* first(deliveryByPlatform, { channel, account, platformId });
      if (delivery !== undefined) return { delivery };
    }
    return undefined;
  }

  function receivedEntries(message: Message): TimelineEntry[] {
    const id = ids.format("msg", message.seq);
    const detail: JsonObject = { platformId: message.platform_id, kind: message.kind, state: message.state };
    return [
      { at: message.sent_at, what: "written", id },
      { at: message.received_at, what: "received", id, detail },
    ];
  }

  function* turnEntries(seq: number): Operation<TimelineEntry[]> {
    const row = yield* first(turn, { seq });
    if (row === undefined) return [];
    const id = ids.format("trn", seq);
    const entries: TimelineEntry[] = [];
    for (const past of yield* all(attempts, {
      conversation: row.conversation_id,
      since: row.created_at,
      subject: "turn",
      seq,
    })) {
      entries.push({ at: past.at, what: "turn claimed", id, attempt: past.attempt });
      entries.push({
        at: past.ended_at,
        what: `turn ${past.outcome}`,
        id,
        attempt: past.attempt,
        ...errorField(past.error),
      });
    }
    if (row.state !== "waiting") {
      entries.push({ at: row.claimed_at, what: "turn claimed", id, attempt: row.attempt });
    }
    if (row.state === "done") {
      entries.push({
        at: row.finished_at ?? row.claimed_at,
        what: `turn ${row.outcome}`,
        id,
        ...errorField(row.error),
        ...answererField(row),
      });
    }
    return entries;
  }

  function* deliveryEntries(delivery: Delivery): Operation<TimelineEntry[]> {
    const { id, seq } = delivery;
    const entries: TimelineEntry[] = [
      { at: delivery.created_at, what: "delivery queued", id, detail: { replyId: delivery.reply_id } },
    ];
    const past = yield* all(attempts, {
      conversation: delivery.conversation_id,
      since: delivery.created_at,
      subject: "delivery",
      seq,
    });
    for (const row of past) {
      entries.push({ at: row.at, what: "delivery claimed", id, attempt: row.attempt });
      const detail = row.outcome === "sent" ? receiptDetail(delivery) : undefined;
      entries.push({
        at: row.ended_at,
        what: `delivery ${row.outcome}`,
        id,
        attempt: row.attempt,
        ...errorField(row.error),
        ...(detail === undefined ? {} : { detail }),
      });
    }
    if (delivery.state === "sending") {
      entries.push({
        at: delivery.claimed_at ?? delivery.updated_at,
        what: "delivery claimed",
        id,
        attempt: delivery.attempt,
      });
    } else if (!["queued", "accepted"].includes(delivery.state)) {
      const detail = delivery.defer === null ? {} : { detail: { waitsFor: delivery.defer } };
      entries.push({
        at: delivery.updated_at,
        what: `delivery ${delivery.state}`,
        id,
        ...errorField(delivery.error),
        ...detail,
      });
    }
    for (const { at, score, ...detail } of parseJson<RatingRow[]>(delivery.feedback ?? "[]")) {
      entries.push({ at, what: `rated ${score}`, id, detail: { ...detail } as JsonObject });
    }
    return entries;
  }

  return function* timeline(id: string): Operation<readonly TimelineEntry[] | undefined> {
    const found = yield* lookUp(id);
    if (found === undefined) return undefined;
    const entries: TimelineEntry[] = found.message === undefined ? [] : receivedEntries(found.message);
    const turnSeq = found.message?.turn_seq ?? found.delivery?.turn_seq ?? null;
    const conversation = (found.message ?? found.delivery)?.conversation_id ?? 0;
    const deliveries: Delivery[] = [];
    if (turnSeq !== null) {
      if (found.message === undefined) {
        for (const seq of parseJson<number[]>((yield* first(turn, { seq: turnSeq }))?.messages ?? "[]")) {
          const message = yield* first(messageBySeq, { seq });
          if (message !== undefined) entries.push(...receivedEntries(message));
        }
      }
      entries.push(...(yield* turnEntries(turnSeq)));
      deliveries.push(...(yield* all(deliveriesOfTurn, { conversation, turn: turnSeq })));
    } else if (found.delivery !== undefined) {
      deliveries.push(found.delivery);
    }
    for (const delivery of deliveries) entries.push(...(yield* deliveryEntries(delivery)));
    return entries
      .map((entry, order) => ({ entry, order }))
      .sort((a, b) => a.entry.at - b.entry.at || a.order - b.order)
      .map(({ entry }) => entry);
  };

  /** Which agent answered, and whose place it took. */
  function answererField({ agent, passed_over }: { agent: string | null; passed_over: string | null }) {
    if (agent === null) return {};
    return { detail: { agent, ...(passed_over === null ? {} : { passedOver: parseJson<JsonValue>(passed_over) }) } };
  }

  function receiptDetail(delivery: Delivery): JsonObject | undefined {
    if (delivery.receipt === null) return undefined;
    const { platformId, unconfirmed, refused } = parseJson<SendReceipt>(delivery.receipt);
    return { platformId, unconfirmed, refused };
  }
}
