import type { ClaimedDelivery, ReplyPolicy, StoredError, WorkerOptions } from "@wxgate/core";
import { sql } from "kysely";
import type { Context } from "../context.ts";
import { parseJson, parseOptional } from "../json.ts";
import { appliesTo, judge } from "../policy.ts";
import { all, first, type Operation, run, type Sql } from "../sql.ts";
import type { AccountOperations } from "./accounts.ts";
import { type ConversationOperations, HUMAN_SERVES } from "./conversations.ts";
import { type Policies, type StandingOperations, toAddress } from "./standing.ts";
import { tiedAccounts } from "./tied.ts";
import type { WorkerOperations } from "./workers.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

export function createClaimDeliveries(
  e: Sql,
  {
    conversations,
    accounts,
    workers,
    standing,
  }: {
    conversations: ConversationOperations;
    accounts: AccountOperations;
    workers: WorkerOperations;
    standing: StandingOperations;
  },
) {
  const dueOf = (tied: boolean, lock = e.lockFree) =>
    e.prepare((db, p: { channel: string; accounts: string; now: number; limit: number }) =>
      db
        .selectFrom("conversations")
        .select([
          "id",
          "channel",
          "account",
          "kind",
          "peer",
          "last_inbound_at",
          "sends_since_inbound",
          "window_closed",
          "inbounds",
          "returns",
          "deliver_at",
        ])
        .where("channel", "=", p.channel)
        .where("deliver_at", "is not", null)
        .where("deliver_at", "<=", p.now)
        .$if(tied, (q) => q.where(e.inList("account", p.accounts)))
        .orderBy("deliver_at")
        .limit(p.limit)
        .modifyEnd(lock),
    );
  const due = { free: dueOf(false), tied: dueOf(true) };
  const skipped = { free: dueOf(false, sql``), tied: dueOf(true, sql``) };
  const head = e.prepare((db, p: { id: number }) =>
    db
      .selectFrom("deliveries as d")
      .leftJoin("replies as r", "r.seq", "d.reply_seq")
      .select([
        "d.seq",
        "d.id",
        "d.reply_id",
        "d.turn_seq",
        "d.attempt",
        "d.claim",
        "d.piece",
        "d.staged_piece",
        "d.note",
        "d.stream",
        "d.error",
        "d.created_at",
        "r.answers",
        "r.ordinal",
      ])
      .select(
        sql<number>`case when exists (select 1 from deliveries o where o.conversation_id = d.conversation_id
          and o.active = 1 and o.position > d.position) then 1 else 0 end`.as("more"),
      )
      .select(
        sql<number>`case when exists (select 1 from messages m where m.conversation_id = d.conversation_id
          and m.handle is not null) then 1 else 0 end`.as("has_handles"),
      )
      .where("d.conversation_id", "=", p.id)
      .where("d.active", "=", sql.lit(1))
      .orderBy("d.position")
      .limit(1),
  );
  const take = e.prepare((db, p: { seq: number; worker: string; now: number; inbounds: number; returns: number }) =>
    db
      .updateTable("deliveries")
      .set({
        state: "sending",
        defer: null,
        attempt: sql<number>`attempt + 1`,
        claim: sql<number>`claim + 1`,
        worker: p.worker,
        claimed_at: p.now,
        inbounds: p.inbounds,
        returns: p.returns,
        updated_at: p.now,
      })
      .where("seq", "=", p.seq),
  );
  const occupy = e.prepare((db, p: { id: number }) =>
    db
      .updateTable("conversations")
      .set({ sending: 1, deliver_at: null, sends_since_inbound: sql<number>`sends_since_inbound + 1` })
      .where("id", "=", p.id),
  );
  const postpone = e.prepare((db, p: { seq: number; dueAt: number }) =>
    db.updateTable("deliveries").set({ due_at: p.dueAt }).where("seq", "=", p.seq),
  );
  const sentBefore = e.prepare((db, p: { id: number; since: number; skip: number }) =>
    db
      .selectFrom("attempts")
      .select("at")
      .where("conversation_id", "=", p.id)
      .where("counted", "=", 1)
      .where("at", ">", p.since)
      .orderBy("at", "desc")
      .limit(1)
      .offset(p.skip),
  );

  type Due = { id: number; channel: string; account: string; kind: string };

  /** When the platform's rates allow the next send; now or earlier: at once. */
  function* earliest(context: Context, policy: ReplyPolicy | undefined, conversation: Due): Operation<number> {
    if (policy === undefined || !appliesTo(policy, conversation.kind as "direct")) return 0;
    let at = 0;
    for (const [limit, span] of [
      [policy.perMinute, MINUTE_MS],
      [policy.perHour, HOUR_MS],
    ] as const) {
      if (limit === undefined) continue;
      const args = { id: conversation.id, since: context.now - span, skip: Math.max(0, limit - 1) };
      const row = yield* first(sentBefore, args);
      if (row !== undefined) at = Math.max(at, row.at + span);
    }
    if (at > context.now || policy.gapMs === undefined) return at;
    return yield* accounts.nextSlot(context, conversation, policy.gapMs);
  }

  function* claimHead(
    context: Context,
    conversation: Due & {
      peer: string;
      last_inbound_at: number | null;
      sends_since_inbound: number;
      window_closed: number;
      inbounds: number;
      returns: number;
    },
    policies: Policies,
    worker: string,
  ): Operation<ClaimedDelivery | undefined> {
    const { id } = conversation;
    const row = yield* first(head, { id });
    if (row === undefined) {
      yield* conversations.rearm(context, id);
      return undefined;
    }
    const policy = policies.get(conversation.channel);
    const address = toAddress(conversation);
    const verdict = judge(
      policy,
      {
        kind: address.kind,
        lastInboundAt: conversation.last_inbound_at,
        sendsSinceInbound: conversation.sends_since_inbound,
        windowClosed: conversation.window_closed === 1,
      },
      context.now,
    );
    if (!verdict.send) {
      yield* deferAll(context, id, verdict.error);
      return undefined;
    }
    const at = yield* earliest(context, policy, conversation);
    if (at > context.now) {
      yield* run(postpone, { seq: row.seq, dueAt: at });
      yield* conversations.rearm(context, id);
      return undefined;
    }
    const { inbounds, returns } = conversation;
    yield* run(take, { seq: row.seq, worker, now: context.now, inbounds, returns });
    yield* run(occupy, { id });
    const stream = parseOptional<NonNullable<ClaimedDelivery["stream"]>>(row.stream);
    return {
      claim: { id: row.id, number: row.claim + 1 },
      id: row.id,
      replyId: row.reply_id,
      ...(row.turn_seq === null ? {} : { turnId: standing.turnId(row.turn_seq) }),
      conversation: address,
      attempt: row.attempt + 1,
      piece: parseJson(row.staged_piece ?? row.piece),
      written: parseJson(row.piece),
      staged: row.staged_piece !== null,
      ...(row.note === null ? {} : { note: row.note as NonNullable<ClaimedDelivery["note"]> }),
      ...(stream === undefined ? {} : { stream }),
      ...(row.ordinal === null ? {} : { early: true }),
      answers: parseJson(row.answers ?? "[]"),
      handles: row.has_handles === 1 ? yield* standing.handles(id, policy) : [],
      ...(verdict.sendsLeft === undefined ? {} : { sendsLeft: verdict.sendsLeft }),
      moreWaiting: row.more === 1,
      ...(row.error === HUMAN_SERVES ? { waitedForHuman: true } : {}),
      createdAt: row.created_at,
    };
  }

  /** What holds for the head holds for everything behind it. */
  function* deferAll(context: Context, id: number, error: StoredError): Operation<void> {
    yield* conversations.deferQueued(context, id, "customer", JSON.stringify(error));
    yield* conversations.rearm(context, id);
  }

  /** Conversations that somebody else was just writing to were passed over: look again soon. */
  function* wakeForSkipped(context: Context, options: WorkerOptions): Operation<void> {
    for (const channel of options.channels) {
      const tied = tiedAccounts(options, channel);
      const statement = tied === undefined ? skipped.free : skipped.tied;
      const rows = yield* all(statement, { channel, accounts: tied ?? "[]", now: context.now, limit: 1 });
      if (rows.length > 0) return context.wake("deliveries");
    }
  }

  return function* claimDeliveries(
    context: Context,
    options: WorkerOptions & { readonly policies: Policies },
  ): Operation<readonly ClaimedDelivery[]> {
    yield* workers.introduce(context, options.worker);
    yield* accounts.resumeDue(context);
    const waiting = [];
    for (const channel of options.channels) {
      const tied = tiedAccounts(options, channel);
      const statement = tied === undefined ? due.free : due.tied;
      const args = { channel, accounts: tied ?? "[]", now: context.now, limit: options.limit };
      waiting.push(...(yield* all(statement, args)));
    }
    waiting.sort((a, b) => (a.deliver_at ?? 0) - (b.deliver_at ?? 0));
    const claimed: ClaimedDelivery[] = [];
    for (const conversation of waiting) {
      if (claimed.length >= options.limit) break;
      const delivery = yield* claimHead(context, conversation, options.policies, options.worker);
      if (delivery !== undefined) claimed.push(delivery);
    }
    // Heads that had to wait may have hidden others that need not.
    if (waiting.length >= options.limit && claimed.length < options.limit) context.wake("deliveries");
    else if (e.concurrent && claimed.length < options.limit) yield* wakeForSkipped(context, options);
    return claimed;
  };
}
