import { type InboundContent, textOf } from "@wxgate/core";
import { sql } from "kysely";
import { parseJson } from "../json.ts";
import { all, first, type Operation, type Sql } from "../sql.ts";

export interface HistoryLine {
  readonly role: "user" | "assistant";
  readonly at: number;
  readonly text: string;
  readonly senderId?: string;
  readonly senderName?: string;
}

/** What was said in a session, from its finished turns. */
export function createHistory(e: Sql) {
  const turns = e.prepare((db, p: { lane: string; session: string; limit: number }) =>
    db
      .selectFrom("turns")
      .select(["messages", "history_text", "finished_at"])
      .where("session", "=", p.session)
      .where("history_text", "is not", null)
      .where("lane", "=", p.lane)
      .where("kind", "=", sql.lit("turn"))
      .orderBy("seq", "desc")
      .limit(p.limit),
  );
  const message = e.prepare((db, p: { seq: number }) =>
    db.selectFrom("messages").select(["sender_id", "sender_name", "sent_at", "content"]).where("seq", "=", p.seq),
  );

  return function* history(lane: string, session: string, limit: number): Operation<readonly HistoryLine[]> {
    const newestFirst: HistoryLine[] = [];
    for (const turn of yield* all(turns, { lane, session, limit })) {
      if (newestFirst.length >= limit) break;
      if (turn.history_text) {
        newestFirst.push({ role: "assistant", at: turn.finished_at ?? 0, text: turn.history_text });
      }
      for (const seq of parseJson<number[]>(turn.messages).reverse()) {
        const row = yield* first(message, { seq });
        if (row === undefined) continue;
        newestFirst.push({
          role: "user",
          at: row.sent_at,
          text: textOf(parseJson<InboundContent[]>(row.content)),
          ...(row.sender_id === null ? {} : { senderId: row.sender_id }),
          ...(row.sender_name === null ? {} : { senderName: row.sender_name }),
        });
      }
    }
    return newestFirst.slice(0, limit).reverse();
  };
}
