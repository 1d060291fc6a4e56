import { type Address, addressKey } from "@wxgate/core";
import { sql } from "kysely";
import type { Context } from "../context.ts";
import { first, type Operation, run, type Sql } from "../sql.ts";
import { createHold } from "./hold.ts";
import type { LaneOperations } from "./lanes.ts";

/** What is read of a conversation before something is added to it. */
export interface ConversationHead {
  readonly id: number;
  readonly served_by: string;
  /** 1 when a delivery waits for the customer. */
  readonly waits: number;
  readonly last_inbound_at: number | null;
}

/** When the delivery at the head of conversation `id` may be claimed; null while a human serves or the account pauses. */
export function deliverAt(id: unknown) {
  return sql<number | null>`case when sending = 1 or served_by = 'human' or exists (
      select 1 from accounts a where a.channel = conversations.channel and a.account = conversations.account
        and a.paused_since is not null) then null
    else (select case when d.state = 'queued' or d.defer = 'at' then d.due_at end from deliveries d
      where d.conversation_id = ${id} and d.active = 1 order by d.position limit 1) end`;
}

export type ConversationOperations = ReturnType<typeof createConversations>;

/** Rows every message and delivery hangs on. Reading one for a change locks it: order in it is the order of commits. */
export function createConversations(e: Sql, lanes: LaneOperations) {
  const hold = createHold(e);
  const find = e.prepare((db, p: { key: string }) =>
    db
      .selectFrom("conversations as c")
      .select(["c.id", "c.served_by", "c.last_inbound_at"])
      .select(
        sql<number>`case when exists (select 1 from deliveries d where d.conversation_id = c.id and d.active = 1
          and d.state = 'deferred' and d.defer = 'customer') then 1 else 0 end`.as("waits"),
      )
      .where("c.key", "=", p.key)
      .modifyEnd(e.lock),
  );
  const announced = e.prepare((db, p: { id: number }) =>
    db
      .selectFrom("deliveries as said")
      .innerJoin("conversations as c", "c.id", "said.conversation_id")
      .select("said.seq")
      .where("said.conversation_id", "=", p.id)
      .where("said.note", "=", sql.lit("more-waits"))
      .whereRef("said.inbounds", "=", "c.inbounds")
      .where("said.state", "not in", [sql.lit("dead"), sql.lit("discarded")])
      .where(sql<boolean>`exists (select 1 from deliveries d where d.conversation_id = said.conversation_id
        and d.active = 1 and d.position > said.position)`)
      .limit(1),
  );
  const create = e.prepare(
    (db, p: { key: string; channel: string; account: string; kind: string; peer: string; now: number }) =>
      db
        .insertInto("conversations")
        .values({
          key: p.key,
          channel: p.channel,
          account: p.account,
          kind: p.kind,
          peer: p.peer,
          created_at: p.now,
          last_message_at: p.now,
        })
        .onConflict((c) => c.column("key").doNothing()),
  );
  const meetAccount = e.prepare((db, p: { channel: string; account: string }) =>
    db
      .insertInto("accounts")
      .values({ channel: p.channel, account: p.account })
      .onConflict((c) => c.columns(["channel", "account"]).doNothing()),
  );
  const rearm = e.prepare((db, p: { id: number }) =>
    db
      .updateTable("conversations")
      .set({ deliver_at: deliverAt(p.id) })
      .where("id", "=", p.id)
      .returning("deliver_at"),
  );
  const finishSending = e.prepare((db, p: { id: number; unsent: number }) =>
    db
      .updateTable("conversations")
      .set({
        sending: 0,
        sends_since_inbound: sql<number>`case when sends_since_inbound > ${p.unsent} then sends_since_inbound - ${p.unsent} else 0 end`,
      })
      .where("id", "=", p.id)
      .returning(["inbounds", "returns"]),
  );
  const wakeDeferred = e.prepare((db, p: { id: number; defer: string; now: number }) =>
    db
      .updateTable("deliveries")
      .set({ state: "queued", defer: null, due_at: p.now, updated_at: p.now })
      .where("conversation_id", "=", p.id)
      .where("active", "=", sql.lit(1))
      .where("state", "=", sql.lit("deferred"))
      .where("defer", "=", p.defer),
  );
  const setServed = e.prepare((db, p: { id: number; servedBy: string; returns: number }) =>
    db
      .updateTable("conversations")
      .set({ served_by: p.servedBy, returns: sql<number>`returns + ${p.returns}` })
      .where("id", "=", p.id),
  );
  const deferQueued = e.prepare((db, p: { id: number; defer: string; error: string; now: number }) =>
    db
      .updateTable("deliveries")
      .set({ state: "deferred", defer: p.defer, error: p.error, updated_at: p.now })
      .where("conversation_id", "=", p.id)
      .where("active", "=", sql.lit(1))
      .where("state", "=", sql.lit("queued")),
  );

  const operations = {
    /** Makes the row when there is none, and locks it. */
    *ensure(context: Context, address: Address, key: string = addressKey(address)): Operation<ConversationHead> {
      const known = yield* first(find, { key });
      if (known !== undefined) return known;
      const { channel, account, kind, peer } = address;
      yield* run(create, { key, channel, account, kind, peer, now: context.now });
      yield* run(meetAccount, { channel, account });
      const made = yield* first(find, { key });
      if (made === undefined) throw new Error(`the conversation ${key} could not be stored`);
      return made;
    },

    *find(address: Address): Operation<ConversationHead | undefined> {
      return yield* first(find, { key: addressKey(address) });
    },

    /** Whether the person was told since they last wrote that more waits, and it still does: deferred already or not yet. */
    *saidMoreWaits(id: number): Operation<boolean> {
      return (yield* first(announced, { id })) !== undefined;
    },

    /** Looks again when its next delivery is due. */
    *rearm(context: Context, id: number): Operation<void> {
      yield* hold.id(id);
      const row = yield* first(rearm, { id });
      if (row !== undefined && row.deliver_at !== null) context.wake("deliveries");
    },

    /** Its claimed delivery is done with; `unsent` gives the send back. */
    *finishSending(id: number, unsent: boolean): Operation<{ inbounds: number; returns: number }> {
      const row = yield* first(finishSending, { id, unsent: unsent ? 1 : 0 });
      if (row === undefined) throw new Error(`conversation ${id} is gone`);
      return row;
    },

    *wakeDeferred(context: Context, id: number, waitsFor: "customer" | "human"): Operation<void> {
      yield* run(wakeDeferred, { id, defer: waitsFor, now: context.now });
    },

    *deferQueued(context: Context, id: number, waitsFor: "customer" | "human", error: string): Operation<void> {
      yield* run(deferQueued, { id, defer: waitsFor, error, now: context.now });
    },

    *setServedBy(context: Context, id: number, servedBy: "bot" | "human"): Operation<void> {
      yield* run(setServed, { id, servedBy, returns: servedBy === "bot" ? 1 : 0 });
      if (servedBy === "bot") {
        yield* operations.wakeDeferred(context, id, "human");
      } else {
        yield* operations.deferQueued(context, id, "human", HUMAN_SERVES);
        yield* lanes.leaveToHuman(context, id);
      }
      yield* operations.rearm(context, id);
    },
  };

  return operations;
}

export const HUMAN_SERVES: string = JSON.stringify({
  code: "delivery.human-serves",
  message: "a human serves this conversation",
  hint: "it is sent when the conversation is given back to the bot",
});
