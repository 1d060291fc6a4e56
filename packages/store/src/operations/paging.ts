import type { Page, Paged } from "@wxgate/core";
import { type SelectQueryBuilder, sql } from "kysely";
import { all, type Operation, type Sql } from "../sql.ts";

/** The numbers of the last row of a page. */
export type PageCursor = readonly number[];

const MOST_ROWS = 500;

export function pageSize(page: Page): number {
  return Math.min(MOST_ROWS, Math.max(1, Math.trunc(page.limit)));
}

/** One more than shown tells whether there is a next page. */
export function rowsWanted(page: Page): number {
  return pageSize(page) + 1;
}

/** @throws RangeError when `before` is not from a page of this list. */
export function cursorOf(page: Page, numbers: number): PageCursor | undefined {
  if (page.before === undefined) return undefined;
  const parts = page.before.split(".").map((part) => Number.parseInt(part, 36));
  if (parts.length !== numbers || !parts.every(Number.isSafeInteger)) {
    throw new RangeError("`before` is not a cursor of this list; leave it out to start with the newest");
  }
  return parts;
}

export function encodeCursor(cursor: PageCursor): string {
  return cursor.map((part) => part.toString(36)).join(".");
}

export function paged<Row, Item>(
  rows: readonly Row[],
  page: Page,
  cursor: (row: Row) => PageCursor,
  toItem: (row: Row) => Item,
): Paged<Item> {
  const shown = rows.slice(0, pageSize(page));
  const last = shown.at(-1);
  return {
    items: shown.map(toItem),
    ...(rows.length > shown.length && last !== undefined ? { next: encodeCursor(cursor(last)) } : {}),
  };
}

/**
 * A page of rows in the order they came, the newest first.
 *
 * @param seq the column that numbers them, such as "d.seq"
 */
export function* newestFirst<DB, TB extends keyof DB, Row extends { readonly seq: number }, Item>(
  e: Sql,
  query: SelectQueryBuilder<DB, TB, Row>,
  seq: string,
  page: Page,
  toItem: (row: Row) => Item,
): Operation<Paged<Item>> {
  const column = sql.ref<number>(seq);
  const [before] = cursorOf(page, 1) ?? [];
  const older = before === undefined ? query : query.where(column, "<", before);
  const rows = yield* all(e.compile(older.orderBy(column, "desc").limit(rowsWanted(page))), {});
  return paged(rows, page, (row) => [row.seq], toItem);
}
