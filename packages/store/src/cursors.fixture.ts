import { createSql } from "./sql.ts";

export const sql = createSql("sqlite");
/** The smallest write and read there are. */
export const put = sql.prepare((db, p: { key: string; value: string }) =>
  db
    .insertInto("cursors")
    .values({ key: p.key, value: p.value })
    .onConflict((c) => c.column("key").doUpdateSet({ value: p.value })),
);
export const read = sql.prepare((db, p: { key: string }) =>
  db.selectFrom("cursors").select("value").where("key", "=", p.key),
);
