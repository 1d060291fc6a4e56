import type { JsonObject, UnsentDelivery } from "@wxgate/core";
import { sql } from "kysely";
import { parseJson, parseOptional } from "../json.ts";
import { first, type Operation, type Sql } from "../sql.ts";
import type { StandingOperations } from "./standing.ts";

/** An answer that waits, as a channel must know it to close what it opened for it. */
export function createUnsent(e: Sql, standing: StandingOperations) {
  const read = e.prepare((db, p: { id: string }) =>
    db
      .selectFrom("deliveries as d")
      .innerJoin("replies as r", "r.seq", "d.reply_seq")
      .select(["d.conversation_id", "d.stream", "r.answers", "r.ordinal"])
      .where("d.id", "=", p.id)
      .where("d.state", "in", [sql.lit("queued"), sql.lit("deferred")]),
  );

  return function* unsent(id: string): Operation<UnsentDelivery | undefined> {
    const row = yield* first(read, { id });
    if (row === undefined) return undefined;
    const stream = parseOptional<JsonObject>(row.stream);
    return {
      id,
      conversation: yield* standing.address(row.conversation_id),
      answers: parseJson(row.answers),
      handles: yield* standing.handles(row.conversation_id),
      ...(stream === undefined ? {} : { stream }),
      ...(row.ordinal === null ? {} : { early: true }),
    };
  };
}
