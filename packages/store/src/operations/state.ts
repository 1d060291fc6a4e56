import type { JsonValue, StateOptions } from "@wxgate/core";
import { sql } from "kysely";
import type { Context } from "../context.ts";
import { parseJson, sameJson } from "../json.ts";
import type { Sealer } from "../sealer.ts";
import { all, first, type Operation, run, type Sql } from "../sql.ts";

/** Greater than every key that begins with the prefix before it. */
const LAST = "\u{10FFFF}";

export function createState(e: Sql, sealer: Sealer | undefined) {
  const read = e.prepare((db, p: { channel: string; key: string }) =>
    db
      .selectFrom("channel_state")
      .select(["value", "sealed", "expires_at"])
      .where("channel", "=", p.channel)
      .where("key", "=", p.key),
  );
  const readLocked = e.prepare((db, p: { channel: string; key: string }) =>
    db
      .selectFrom("channel_state")
      .select(["value", "sealed", "expires_at"])
      .where("channel", "=", p.channel)
      .where("key", "=", p.key)
      .modifyEnd(e.lock),
  );
  const put = e.prepare(
    (db, p: { channel: string; key: string; value: string; sealed: number; expiresAt: number | null }) =>
      db
        .insertInto("channel_state")
        .values({ channel: p.channel, key: p.key, value: p.value, sealed: p.sealed, expires_at: p.expiresAt })
        .onConflict((c) =>
          c.columns(["channel", "key"]).doUpdateSet({
            value: sql<string>`excluded.value`,
            sealed: sql<number>`excluded.sealed`,
            expires_at: sql<number | null>`excluded.expires_at`,
          }),
        ),
  );
  const putNew = e.prepare(
    (db, p: { channel: string; key: string; value: string; sealed: number; expiresAt: number | null; now: number }) =>
      db
        .insertInto("channel_state")
        .values({ channel: p.channel, key: p.key, value: p.value, sealed: p.sealed, expires_at: p.expiresAt })
        .onConflict((c) =>
          c
            .columns(["channel", "key"])
            .doUpdateSet({
              value: sql<string>`excluded.value`,
              sealed: sql<number>`excluded.sealed`,
              expires_at: sql<number | null>`excluded.expires_at`,
            })
            .where("channel_state.expires_at", "<=", p.now),
        ),
  );
  const remove = e.prepare((db, p: { channel: string; key: string }) =>
    db.deleteFrom("channel_state").where("channel", "=", p.channel).where("key", "=", p.key),
  );
  const list = e.prepare((db, p: { channel: string; from: string; to: string; now: number }) =>
    db
      .selectFrom("channel_state")
      .select(["key", "value", "sealed"])
      .where("channel", "=", p.channel)
      .where("key", ">=", p.from)
      .where("key", "<", p.to)
      .where((w) => w.or([w("expires_at", "is", null), w("expires_at", ">", p.now)]))
      .orderBy("key"),
  );

  function close(value: JsonValue, sealed: boolean): string {
    const text = JSON.stringify(value);
    if (!sealed) return text;
    return demandSealer().seal(text);
  }

  function open(row: { value: string; sealed: number }): JsonValue {
    return parseJson(row.sealed === 1 ? demandSealer().open(row.value) : row.value);
  }

  function demandSealer(): Sealer {
    if (sealer === undefined) {
      throw new Error("sealed state needs a key: open the store with a `sealer`");
    }
    return sealer;
  }

  function columns(context: Context, value: JsonValue, options: StateOptions = {}) {
    const sealed = options.sealed === true;
    return {
      value: close(value, sealed),
      sealed: sealed ? 1 : 0,
      expiresAt: options.ttlMs === undefined ? null : context.now + options.ttlMs,
    };
  }

  return {
    *get(context: Context, channel: string, key: string): Operation<JsonValue | undefined> {
      const row = yield* first(read, { channel, key });
      return row === undefined || isOver(row, context) ? undefined : open(row);
    },

    *set(context: Context, channel: string, key: string, value: JsonValue, options?: StateOptions): Operation<void> {
      yield* run(put, { channel, key, ...columns(context, value, options) });
    },

    *compareAndSet(
      context: Context,
      channel: string,
      key: string,
      expected: JsonValue | undefined,
      value: JsonValue,
      options?: StateOptions,
    ): Operation<boolean> {
      const args = { channel, key, ...columns(context, value, options) };
      if (expected === undefined) return (yield* run(putNew, { ...args, now: context.now })) > 0;
      const row = yield* first(readLocked, { channel, key });
      if (row === undefined || isOver(row, context) || !sameJson(open(row), expected)) return false;
      yield* run(put, args);
      return true;
    },

    *delete(channel: string, key: string): Operation<void> {
      yield* run(remove, { channel, key });
    },

    *list(context: Context, channel: string, prefix: string): Operation<{ key: string; value: JsonValue }[]> {
      const rows = yield* all(list, { channel, from: prefix, to: `${prefix}${LAST}`, now: context.now });
      return rows.map((row) => ({ key: row.key, value: open(row) }));
    },
  };
}

function isOver(row: { expires_at: number | null }, context: Context): boolean {
  return row.expires_at !== null && row.expires_at <= context.now;
}
