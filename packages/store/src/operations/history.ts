import { type HistoryLine, type HistoryOptions, type InboundContent, textOf } from "@wxgate/core";
import { sql } from "kysely";
import type { Ids } from "../ids.ts";
import { parseJson } from "../json.ts";
import { all, first, type Operation, type Sql } from "../sql.ts";

/** What was said in a session, from its finished turns. */
export function createHistory(e: Sql, ids: Ids) {
  const turnsFrom = (direction: "asc" | "desc") =>
    e.prepare((db, p: { lane: string; session: string; after: number; limit: number }) =>
      db
        .selectFrom("turns")
        .select(["seq", "messages", "history_text", "finished_at"])
        .where("session", "=", p.session)
        .where("history_text", "is not", null)
        .where("lane", "=", p.lane)
        .where("kind", "=", sql.lit("turn"))
        .where("seq", ">", p.after)
        .orderBy("seq", direction)
        .limit(p.limit),
    );
  const oldest = turnsFrom("asc");
  const newest = turnsFrom("desc");
  const message = e.prepare((db, p: { seq: number }) =>
    db.selectFrom("messages").select(["sender_id", "sender_name", "sent_at", "content"]).where("seq", "=", p.seq),
  );

  type Turn = { seq: number; messages: string; history_text: string | null; finished_at: number | null };

  /** Oldest first. */
  function* linesOf({ seq, messages, history_text, finished_at }: Turn): Operation<readonly HistoryLine[]> {
    const turn = ids.format("trn", seq);
    const lines: HistoryLine[] = [];
    for (const number of parseJson<number[]>(messages)) {
      const row = yield* first(message, { seq: number });
      if (row === undefined) continue;
      lines.push({
        turn,
        role: "user",
        at: row.sent_at,
        text: textOf(parseJson<InboundContent[]>(row.content)),
        ...(row.sender_id === null ? {} : { senderId: row.sender_id }),
        ...(row.sender_name === null ? {} : { senderName: row.sender_name }),
      });
    }
    if (history_text) lines.push({ turn, role: "assistant", at: finished_at ?? 0, text: history_text });
    return lines;
  }

  return function* history(
    lane: string,
    session: string,
    limit: number,
    options: HistoryOptions = {},
  ): Operation<readonly HistoryLine[]> {
    const after = options.after === undefined ? 0 : (ids.parse("trn", options.after) ?? 0);
    const isOldest = options.oldest === true;
    const turns: (readonly HistoryLine[])[] = [];
    let lines = 0;
    for (const turn of yield* all(isOldest ? oldest : newest, { lane, session, after, limit })) {
      if (lines >= limit) break;
      const said = yield* linesOf(turn);
      lines += said.length;
      turns.push(said);
    }
    return isOldest ? turns.flat().slice(0, limit) : turns.reverse().flat().slice(-limit);
  };
}
