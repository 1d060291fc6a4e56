import type { ClaimedMessage, InboundContent } from "@wxgate/core";
import { sql } from "kysely";
import type { Ids } from "../ids.ts";
import { all, type Operation, run, type Sql } from "../sql.ts";
import type { StandingOperations } from "./standing.ts";
import { claimedMessage, MESSAGE_COLUMNS } from "./turn-rows.ts";

/** The newest rows that are looked at: more than waits anywhere, and no long read. */
const MOST_ROWS = 50_000;
const MOST_FOUND = 1_000;

/** Messages that no turn has taken yet; what they hold may still change. */
export function createWaitingMessages(e: Sql, { ids, standing }: { ids: Ids; standing: StandingOperations }) {
  const find = e.prepare((db, p: { channel: string; since: number; newest: number; limit: number }) =>
    db
      .selectFrom("messages")
      .select(MESSAGE_COLUMNS)
      .where("seq", ">", sql<number>`(select coalesce(max(seq), 0) from messages) - ${p.newest}`)
      .where("channel", "=", p.channel)
      .where("state", "=", sql.lit("waiting"))
      .where("kind", "=", sql.lit("turn"))
      .where("received_at", ">", p.since)
      .orderBy("seq")
      .limit(p.limit),
  );
  const save = e.prepare((db, p: { seq: number; content: string }) =>
    db
      .updateTable("messages")
      .set({ content: p.content })
      .where("seq", "=", p.seq)
      .where("state", "=", sql.lit("waiting"))
      .where("kind", "=", sql.lit("turn")),
  );

  return {
    *since(channel: string, since: number): Operation<readonly ClaimedMessage[]> {
      const found: ClaimedMessage[] = [];
      for (const row of yield* all(find, { channel, since, newest: MOST_ROWS, limit: MOST_FOUND })) {
        found.push(claimedMessage(ids, row, yield* standing.address(row.conversation_id)));
      }
      return found;
    },

    *save(messageId: string, content: readonly InboundContent[]): Operation<boolean> {
      const seq = ids.parse("msg", messageId);
      return seq !== undefined && (yield* run(save, { seq, content: JSON.stringify(content) })) > 0;
    },
  };
}
