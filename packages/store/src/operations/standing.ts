import {
  type Address,
  type AddressKind,
  addressKey,
  type Quota,
  type ReplyHandle,
  type ReplyPolicy,
} from "@wxgate/core";
import { sql } from "kysely";
import type { Ids } from "../ids.ts";
import { parseJson } from "../json.ts";
import { all, first, type Operation, type Sql } from "../sql.ts";

/** Enough for every platform: each handle answers once, and only for hours. */
const MOST_HANDLES = 16;

export type Policies = ReadonlyMap<string, ReplyPolicy>;

const WAITING = sql<number>`(select count(*) from deliveries d where d.conversation_id = c.id and d.active = 1
  and d.state <> 'sending')`;

export interface Standing {
  readonly address: Address;
  readonly quota: Quota;
  readonly handles: readonly ReplyHandle[];
}

export type StandingOperations = ReturnType<typeof createStanding>;

/** Where a conversation is and what the platform still lets us do there. */
export function createStanding(e: Sql, ids: Ids) {
  const read = e.prepare((db, p: { id: number }) =>
    db
      .selectFrom("conversations as c")
      .select(["c.channel", "c.account", "c.kind", "c.peer", "c.last_inbound_at", "c.sends_since_inbound"])
      .select(WAITING.as("waiting"))
      .select(
        sql<number>`case when exists (select 1 from messages m where m.conversation_id = c.id
          and m.handle is not null) then 1 else 0 end`.as("has_handles"),
      )
      .where("c.id", "=", p.id),
  );
  const readQuota = e.prepare((db, p: { key: string }) =>
    db
      .selectFrom("conversations as c")
      .select(["c.last_inbound_at", "c.sends_since_inbound"])
      .select(WAITING.as("waiting"))
      .where("c.key", "=", p.key),
  );
  const readAddress = e.prepare((db, p: { id: number }) =>
    db.selectFrom("conversations").select(["channel", "account", "kind", "peer"]).where("id", "=", p.id),
  );
  const readHandles = e.prepare((db, p: { id: number; limit: number }) =>
    db
      .selectFrom("messages")
      .select(["platform_id", "received_at", "handle"])
      .where("conversation_id", "=", p.id)
      .where("handle", "is not", null)
      .orderBy("seq", "desc")
      .limit(p.limit),
  );

  const operations = {
    turnId: (seq: number): string => ids.format("trn", seq),

    *address(id: number): Operation<Address> {
      const row = yield* first(readAddress, { id });
      if (row === undefined) throw new Error(`conversation ${id} is gone`);
      return toAddress(row);
    },

    *quota(to: Address): Operation<Quota> {
      const row = yield* first(readQuota, { key: addressKey(to) });
      return row === undefined ? { sendsSinceInbound: 0, waiting: 0 } : toQuota(row);
    },

    /** The newest first, as many as are of use. */
    *handles(id: number, policy?: ReplyPolicy): Operation<readonly ReplyHandle[]> {
      const rows = yield* all(readHandles, { id, limit: policy?.handles ?? MOST_HANDLES });
      return rows.map((row) => ({
        messageId: row.platform_id,
        receivedAt: row.received_at,
        data: parseJson(row.handle ?? "{}"),
      }));
    },

    *of(id: number, policies?: Policies): Operation<Standing> {
      const row = yield* first(read, { id });
      if (row === undefined) throw new Error(`conversation ${id} is gone`);
      return {
        address: toAddress(row),
        quota: toQuota(row),
        handles: row.has_handles === 1 ? yield* operations.handles(id, policies?.get(row.channel)) : [],
      };
    },
  };
  return operations;
}

export function toAddress(row: { channel: string; account: string; kind: string; peer: string }): Address {
  return { channel: row.channel, account: row.account, kind: row.kind as AddressKind, peer: row.peer };
}

export function toQuota(row: { last_inbound_at: number | null; sends_since_inbound: number; waiting: number }): Quota {
  return {
    ...(row.last_inbound_at === null ? {} : { lastInboundAt: row.last_inbound_at }),
    sendsSinceInbound: row.sends_since_inbound,
    waiting: row.waiting,
  };
}
