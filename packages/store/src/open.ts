import type { Clock, Logger, Random, Store } from "@wxgate/core";
import { sql as text } from "kysely";
import type { Driver } from "./context.ts";
import { randomText } from "./ids.ts";
import { createAttempts } from "./operations/attempts.ts";
import { createConversations } from "./operations/conversations.ts";
import { createLanes } from "./operations/lanes.ts";
import { createLeases } from "./operations/leases.ts";
import { createWorkers } from "./operations/workers.ts";
import type { Sealer } from "./sealer.ts";
import { createSql, first, run, type Sql } from "./sql.ts";
import { openSqlite } from "./sqlite.ts";
import { createStore } from "./store.ts";

export interface StoreOptions {
  /** What SQLite goes by; PostgreSQL has its own. */
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Without it, `sealed` state is refused. */
  readonly sealer?: Sealer;
  /** PostgreSQL: most connections of this process. 10. */
  readonly connections?: number;
  /** PostgreSQL: added to the database's clock, so that tests need not wait. */
  readonly clockOffsetMs?: () => number;
}

/**
 * Opens a store and brings its schema up to date.
 *
 * @param url `sqlite:./path/to.db` (a file of one process), `sqlite::memory:` (gone with the process), or
 *   `postgres://user:password@host/database` (shared by several gateways).
 * @throws when another process has the file, the database is newer than this code, or it cannot be reached.
 */
export async function openStore(url: string, options: StoreOptions): Promise<Store> {
  const path = /^sqlite:(.+)$/.exec(url)?.[1];
  if (path !== undefined) return openSqliteStore(path, options);
  if (/^postgres(?:ql)?:\/\//.test(url)) return openPostgresStore(url, options);
  throw new Error(
    `the store's address must begin with "sqlite:" or "postgres://", for example sqlite:./data/wxgate.db`,
  );
}

async function openSqliteStore(path: string, options: StoreOptions): Promise<Store> {
  const sql = createSql("sqlite");
  const driver = openSqlite({ ...options, path });
  try {
    const tag = await readTag(driver, sql);
    await freeEverything(driver, sql);
    return createStore({ driver, sql, tag, sealer: options.sealer });
  } catch (error) {
    await driver.close();
    throw error;
  }
}

async function openPostgresStore(url: string, options: StoreOptions): Promise<Store> {
  const sql = createSql("postgres");
  const { clock, random, log, connections = 10, clockOffsetMs = () => 0 } = options;
  // Loaded only for it: a gateway on SQLite has no use for the client.
  const { openPostgres } = await import("./postgres.ts");
  const driver = await openPostgres({ url, clock, random, log, connections, clockOffsetMs });
  try {
    const tag = await readTag(driver, sql);
    return createStore({ driver, sql, tag, sealer: options.sealer });
  } catch (error) {
    await driver.close();
    throw error;
  }
}

/** Drawn once per database. */
function readTag(driver: Driver, sql: Sql): Promise<string> {
  const put = sql.prepare((db, p: { value: string }) =>
    db
      .insertInto("meta")
      .values({ key: "tag", value: p.value })
      .onConflict((c) => c.column("key").doNothing()),
  );
  const get = sql.prepare((db, _: object) => db.selectFrom("meta").select("value").where("key", "=", text.lit("tag")));
  return driver.execute(function* (context) {
    yield* run(put, { value: randomText(context.random, 8) });
    const row = yield* first(get, {});
    if (row === undefined) throw new Error("the database's tag could not be stored");
    return row.value;
  });
}

/** This process is alone: whatever is claimed or leased was so by an earlier run. */
function freeEverything(driver: Driver, sql: Sql): Promise<void> {
  const lanes = createLanes(sql);
  const conversations = createConversations(sql, lanes);
  const workers = createWorkers(sql, { conversations, lanes, attempts: createAttempts(sql) });
  const leases = createLeases(sql);
  return driver.execute(function* (context) {
    yield* workers.releaseAll(context);
    yield* leases.releaseAll();
  });
}
