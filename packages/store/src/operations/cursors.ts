import type { CursorMove } from "@wxgate/core";
import { sql } from "kysely";
import { first, type Operation, run, type Sql } from "../sql.ts";

export type CursorOperations = ReturnType<typeof createCursors>;

export function createCursors(e: Sql) {
  const read = e.prepare((db, p: { key: string }) => db.selectFrom("cursors").select("value").where("key", "=", p.key));
  const put = e.prepare((db, p: { key: string; value: string }) =>
    db
      .insertInto("cursors")
      .values({ key: p.key, value: p.value })
      .onConflict((c) => c.column("key").doUpdateSet({ value: sql<string>`excluded.value` })),
  );
  const start = e.prepare((db, p: { key: string; value: string }) =>
    db
      .insertInto("cursors")
      .values({ key: p.key, value: p.value })
      .onConflict((c) => c.column("key").doNothing()),
  );
  const advance = e.prepare((db, p: { key: string; value: string; after: string }) =>
    db.updateTable("cursors").set({ value: p.value }).where("key", "=", p.key).where("value", "=", p.after),
  );

  return {
    *get(key: string): Operation<string | undefined> {
      return (yield* first(read, { key }))?.value;
    },
    *move({ key, value, after }: CursorMove): Operation<void> {
      if (after === undefined) yield* run(put, { key, value });
      else if (after === "") yield* run(start, { key, value });
      else yield* run(advance, { key, value, after });
    },
  };
}
