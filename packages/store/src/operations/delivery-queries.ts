import type { DeliveryRow, DeliveryState, Page, Paged } from "@wxgate/core";
import { sql } from "kysely";
import type { Ids } from "../ids.ts";
import { errorField, parseJson } from "../json.ts";
import { first, type Operation, type Sql } from "../sql.ts";
import { newestFirst } from "./paging.ts";
import { toAddress } from "./standing.ts";

export function createDeliveryQueries(e: Sql, ids: Ids) {
  const { db } = e;
  const deliveryRows = () =>
    db
      .selectFrom("deliveries as d")
      .innerJoin("conversations as c", "c.id", "d.conversation_id")
      .select([
        "d.seq",
        "d.id",
        "d.reply_id",
        "d.turn_seq",
        "d.state",
        "d.active",
        "d.defer",
        "d.attempt",
        "d.piece",
        "d.staged_piece",
        "d.note",
        "d.platform_id",
        "d.error",
        "d.created_at",
        "d.updated_at",
        "d.due_at",
        "c.channel",
        "c.account",
        "c.kind",
        "c.peer",
      ]);

  function toDelivery(
    row: Awaited<ReturnType<ReturnType<typeof deliveryRows>["executeTakeFirstOrThrow"]>>,
  ): DeliveryRow {
    const timed = row.state === "queued" || row.defer === "at";
    return {
      id: row.id,
      replyId: row.reply_id,
      ...(row.turn_seq === null ? {} : { turnId: ids.format("trn", row.turn_seq) }),
      conversation: toAddress(row),
      state: row.state as DeliveryState,
      attempt: row.attempt,
      piece: parseJson(row.staged_piece ?? row.piece),
      ...(row.note === null ? {} : { note: row.note as NonNullable<DeliveryRow["note"]> }),
      ...(row.platform_id === null ? {} : { platformId: row.platform_id }),
      ...errorField(row.error),
      createdAt: row.created_at,
      updatedAt: row.updated_at,
      ...(timed ? { dueAt: row.due_at } : {}),
    };
  }

  return {
    *deliveries(
      page: Page & { readonly state?: DeliveryState; readonly channel?: string },
    ): Operation<Paged<DeliveryRow>> {
      let query = deliveryRows();
      if (page.state !== undefined) {
        const active = ["queued", "sending", "deferred"].includes(page.state) ? 1 : 0;
        query = query.where("d.state", "=", page.state).where("d.active", "=", sql.lit(active));
      }
      if (page.channel !== undefined) query = query.where("d.channel", "=", page.channel);
      return yield* newestFirst(e, query, "d.seq", page, toDelivery);
    },

    *delivery(id: string): Operation<DeliveryRow | undefined> {
      const row = yield* first(e.compile(deliveryRows().where("d.id", "=", id)), {});
      return row === undefined ? undefined : toDelivery(row);
    },
  };
}
