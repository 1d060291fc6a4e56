import type { MessageRow, Page, Paged, RatingRow } from "@wxgate/core";
import type { Ids } from "../ids.ts";
import { errorField, parseJson } from "../json.ts";
import { all, first, type Operation, type Sql } from "../sql.ts";
import { senderField } from "./find.ts";
import { cursorOf, encodeCursor, pageSize, rowsWanted } from "./paging.ts";
import { toAddress } from "./standing.ts";

/** Bound of a list that has been shown from the start. */
const NEWEST = Number.MAX_SAFE_INTEGER;

interface Line {
  readonly seq: number;
  readonly from: "messages" | "deliveries";
  /** What both are sorted by: our clock. */
  readonly at: number;
  readonly row: MessageRow;
}

/** Both directions of a conversation, newest first. */
export function createConversationLog(e: Sql, ids: Ids) {
  const conversation = e.prepare((db, p: { id: number }) =>
    db.selectFrom("conversations").select(["channel", "account", "kind", "peer"]).where("id", "=", p.id),
  );
  const messages = e.prepare((db, p: { id: number; before: number; limit: number }) =>
    db
      .selectFrom("messages as m")
      .leftJoin("turns as t", "t.seq", "m.turn_seq")
      .select([
        "m.seq",
        "m.platform_id",
        "m.kind",
        "m.state",
        "m.sender_id",
        "m.sender_name",
        "m.sent_at",
        "m.received_at",
        "m.content",
        "m.turn_seq",
        "t.error",
      ])
      .where("m.conversation_id", "=", p.id)
      .where("m.seq", "<", p.before)
      .orderBy("m.seq", "desc")
      .limit(p.limit),
  );
  const deliveries = e.prepare((db, p: { id: number; before: number; limit: number }) =>
    db
      .selectFrom("deliveries")
      .select(["seq", "id", "platform_id", "state", "piece", "turn_seq", "error", "feedback", "created_at"])
      .where("conversation_id", "=", p.id)
      .where("seq", "<", p.before)
      .orderBy("seq", "desc")
      .limit(p.limit),
  );

  return function* messagesOf(conversationId: string, page: Page): Operation<Paged<MessageRow>> {
    const id = ids.parse("cnv", conversationId);
    const where = id === undefined ? undefined : yield* first(conversation, { id });
    if (id === undefined || where === undefined) return { items: [] };
    const address = toAddress(where);
    const [messagesBefore = NEWEST, deliveriesBefore = NEWEST] = cursorOf(page, 2) ?? [];
    const limit = rowsWanted(page);
    const lines: Line[] = [];
    for (const row of yield* all(messages, { id, before: messagesBefore, limit })) {
      lines.push({
        seq: row.seq,
        from: "messages",
        at: row.received_at,
        row: {
          id: ids.format("msg", row.seq),
          platformId: row.platform_id,
          conversation: address,
          direction: row.kind === "operator" ? "operator" : "inbound",
          ...senderField(row.sender_id, row.sender_name),
          at: row.sent_at,
          content: parseJson(row.content),
          state: row.state,
          ...(row.turn_seq === null ? {} : { turnId: ids.format("trn", row.turn_seq) }),
          ...errorField(row.error),
        },
      });
    }
    for (const row of yield* all(deliveries, { id, before: deliveriesBefore, limit })) {
      lines.push({
        seq: row.seq,
        from: "deliveries",
        at: row.created_at,
        row: {
          id: row.id,
          ...(row.platform_id === null ? {} : { platformId: row.platform_id }),
          conversation: address,
          direction: "outbound",
          at: row.created_at,
          content: parseJson<{ content: MessageRow["content"] }>(row.piece).content,
          state: row.state,
          ...(row.feedback === null ? {} : { feedback: parseJson<RatingRow[]>(row.feedback) }),
          ...(row.turn_seq === null ? {} : { turnId: ids.format("trn", row.turn_seq) }),
          ...errorField(row.error),
        },
      });
    }
    // An answer never comes before what it answers: at the same moment the outbound one is the newer.
    lines.sort(
      (a, b) => b.at - a.at || Number(b.from === "deliveries") - Number(a.from === "deliveries") || b.seq - a.seq,
    );
    const shown = lines.slice(0, pageSize(page));
    const bound = (from: Line["from"], before: number) =>
      shown.reduce((least, line) => (line.from === from ? Math.min(least, line.seq) : least), before);
    const next = [bound("messages", messagesBefore), bound("deliveries", deliveriesBefore)];
    return {
      items: shown.map((line) => line.row),
      ...(lines.length > shown.length ? { next: encodeCursor(next) } : {}),
    };
  };
}
