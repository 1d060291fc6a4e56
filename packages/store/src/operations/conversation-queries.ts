import {
  type Address,
  type ConversationRow,
  type Page,
  type Paged,
  SCHEDULE_CHANNEL,
  type ServedBy,
} from "@wxgate/core";
import { sql } from "kysely";
import type { Ids } from "../ids.ts";
import { all, first, type Operation, type Sql } from "../sql.ts";
import { cursorOf, paged, rowsWanted } from "./paging.ts";
import { toAddress, toQuota } from "./standing.ts";

export function createConversationQueries(e: Sql, ids: Ids) {
  const { db } = e;
  const conversationRows = () =>
    db
      .selectFrom("conversations as c")
      .select([
        "c.id",
        "c.channel",
        "c.account",
        "c.kind",
        "c.peer",
        "c.name",
        "c.last_message_at",
        "c.served_by",
        "c.last_inbound_at",
        "c.sends_since_inbound",
      ])
      .select(
        sql<number>`(select count(*) from deliveries d where d.conversation_id = c.id and d.active = 1
          and d.state <> 'sending')`.as("waiting"),
      );

  return {
    *conversations(
      page: Page & { readonly channel?: string; readonly search?: string },
    ): Operation<Paged<ConversationRow>> {
      const cursor = cursorOf(page, 2);
      let query = conversationRows()
        .where("c.kind", "<>", "lane")
        .where("c.channel", "<>", SCHEDULE_CHANNEL)
        .orderBy("c.last_message_at", "desc")
        .orderBy("c.id", "desc")
        .limit(rowsWanted(page));
      if (page.channel !== undefined) query = query.where("c.channel", "=", page.channel);
      if (page.search !== undefined && page.search !== "") {
        const pattern = `%${page.search.toLowerCase().replace(/[\\%_]/g, "\\$&")}%`;
        query = query.where(
          sql<boolean>`(lower(c.peer) like ${pattern} escape '\\' or lower(coalesce(c.name, '')) like ${pattern} escape '\\')`,
        );
      }
      if (cursor !== undefined) {
        const [at = 0, id = 0] = cursor;
        query = query.where((w) =>
          w.or([w("c.last_message_at", "<", at), w.and([w("c.last_message_at", "=", at), w("c.id", "<", id)])]),
        );
      }
      const rows = yield* all(e.compile(query), {});
      return paged(
        rows,
        page,
        (row) => [row.last_message_at, row.id],
        (row) => toConversation(row, ids),
      );
    },

    *conversation(id: string): Operation<ConversationRow | undefined> {
      const seq = ids.parse("cnv", id);
      if (seq === undefined) return undefined;
      const row = yield* first(e.compile(conversationRows().where("c.id", "=", seq)), {});
      return row === undefined ? undefined : toConversation(row, ids);
    },

    *knownPeers(
      channel: string,
      peer: string,
      options: { readonly foldCase?: boolean } = {},
    ): Operation<readonly Address[]> {
      let query = db
        .selectFrom("conversations")
        .select(["channel", "account", "kind", "peer"])
        .where("channel", "=", channel)
        .where("kind", "<>", "lane")
        .where(sql`lower(peer)`, "=", peer.toLowerCase())
        .orderBy("last_message_at", "desc");
      if (options.foldCase !== true) query = query.where("peer", "=", peer);
      return (yield* all(e.compile(query), {})).map(toAddress);
    },
  };
}

function toConversation(
  row: {
    id: number;
    channel: string;
    account: string;
    kind: string;
    peer: string;
    name: string | null;
    last_message_at: number;
    served_by: string;
    last_inbound_at: number | null;
    sends_since_inbound: number;
    waiting: number;
  },
  ids: Ids,
): ConversationRow {
  return {
    ...toAddress(row),
    id: ids.format("cnv", row.id),
    ...(row.name === null ? {} : { name: row.name }),
    lastMessageAt: row.last_message_at,
    servedBy: row.served_by as ServedBy,
    quota: toQuota(row),
  };
}
