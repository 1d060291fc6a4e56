import type { MediaRow } from "@wxgate/core";
import { all, first, type Operation, run, type Sql } from "../sql.ts";

/** One row per use of a file; the file itself lies elsewhere, under its hash. */
export function createMedia(e: Sql) {
  const insert = e.prepare(
    (
      db,
      p: {
        id: string;
        sha256: string;
        mime: string;
        bytes: number;
        filename: string | null;
        conversation: string | null;
        createdAt: number;
      },
    ) =>
      db
        .insertInto("media_files")
        .values({
          id: p.id,
          sha256: p.sha256,
          mime: p.mime,
          bytes: p.bytes,
          filename: p.filename,
          conversation: p.conversation,
          created_at: p.createdAt,
        })
        .onConflict((c) => c.column("id").doNothing()),
  );
  const read = e.prepare((db, p: { id: string }) => db.selectFrom("media_files").selectAll().where("id", "=", p.id));
  const expired = e.prepare((db, p: { before: number; limit: number }) =>
    db.selectFrom("media_files").selectAll().where("created_at", "<", p.before).orderBy("created_at").limit(p.limit),
  );
  const remove = e.prepare((db, p: { id: string }) =>
    db.deleteFrom("media_files").where("id", "=", p.id).returning("sha256"),
  );
  const uses = e.prepare((db, p: { sha256: string }) =>
    db
      .selectFrom("media_files")
      .select((s) => s.fn.countAll<number>().as("count"))
      .where("sha256", "=", p.sha256),
  );

  const operations = {
    *put(row: MediaRow): Operation<void> {
      yield* run(insert, {
        id: row.id,
        sha256: row.sha256,
        mime: row.mime,
        bytes: row.bytes,
        filename: row.filename ?? null,
        conversation: row.conversation ?? null,
        createdAt: row.createdAt,
      });
    },
    *get(id: string): Operation<MediaRow | undefined> {
      const row = yield* first(read, { id });
      return row === undefined ? undefined : toMedia(row);
    },
    *expired(before: number, limit: number): Operation<readonly MediaRow[]> {
      return (yield* all(expired, { before, limit })).map(toMedia);
    },
    *remove(id: string): Operation<boolean> {
      const row = yield* first(remove, { id });
      return row !== undefined && (yield* operations.uses(row.sha256)) === 0;
    },
    *uses(sha256: string): Operation<number> {
      return (yield* first(uses, { sha256 }))?.count ?? 0;
    },
  };
  return operations;
}

function toMedia(row: {
  id: string;
  sha256: string;
  mime: string;
  bytes: number;
  filename: string | null;
  conversation: string | null;
  created_at: number;
}): MediaRow {
  return {
    id: row.id,
    sha256: row.sha256,
    mime: row.mime,
    bytes: row.bytes,
    ...(row.filename === null ? {} : { filename: row.filename }),
    ...(row.conversation === null ? {} : { conversation: row.conversation }),
    createdAt: row.created_at,
  };
}
