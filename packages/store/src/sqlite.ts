import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import type { Clock, Logger, Random, Wake } from "@wxgate/core";
import type { Context, Driver, Work } from "./context.ts";
import { META_TABLE, migrationsFrom, SCHEMA_VERSION } from "./migrations.ts";
import type { Call, Statement } from "./sql.ts";
import { openSqliteDatabase, type SqliteDatabase, type SqliteStatement } from "./sqlite-database.ts";
import { lockDatabaseFile } from "./sqlite-lock.ts";
import { createWakes } from "./wakes.ts";

export interface SqliteOptions {
  /** A file, or ":memory:". */
  readonly path: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

interface Job {
  readonly work: Work<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

interface Outcome {
  readonly job: Job;
  readonly value?: unknown;
  readonly error?: unknown;
  readonly failed: boolean;
}

/** Keeps one transaction from holding up the event loop for long. */
const LARGEST_GROUP = 1000;

/**
 * Group commit: everything asked for in one turn of the event loop runs in one transaction, one operation after the
 * other, and is answered when that is on the disk.
 */
export function openSqlite(options: SqliteOptions): Driver {
  const unlock = claimFile(options);
  let database: SqliteDatabase | undefined;
  try {
    database = openDatabase(options.path);
    migrate(database);
  } catch (error) {
    database?.close();
    unlock();
    throw error;
  }
  return createDriver(database, unlock, options);
}

function createDriver(database: SqliteDatabase, unlock: () => void, options: SqliteOptions): Driver {
  const wakes = createWakes(options.log);
  const prepared = new Map<Statement<never, unknown>, SqliteStatement>();
  let queue: Job[] = [];
  let scheduled = false;
  let closed = false;

  function statementOf(statement: Statement<never, unknown>): SqliteStatement {
    if (!statement.kept) return database.prepare(statement.sql);
    let native = prepared.get(statement);
    if (native === undefined) {
      native = database.prepare(statement.sql);
      prepared.set(statement, native);
    }
    return native;
  }

  function answer(call: Call): unknown {
    const native = statementOf(call.statement);
    if (call.wants === "row") return native.get(call.values);
    return call.wants === "rows" ? native.all(call.values) : native.run(call.values);
  }

  function runOne(job: Job, woken: Set<Wake>): { value?: unknown; error?: unknown; failed: boolean; wrote: boolean } {
    let wrote = false;
    const own = new Set<Wake>();
    const context: Context = { now: options.clock.now(), random: options.random, wake: (kind) => own.add(kind) };
    try {
      const operation = job.work(context);
      let step = operation.next();
      while (!step.done) {
        wrote ||= !step.value.statement.reads;
        step = operation.next(answer(step.value));
      }
      for (const kind of own) woken.add(kind);
      return { value: step.value, failed: false, wrote };
    } catch (error) {
      return { error, failed: true, wrote };
    }
  }

  /** One that fails after it wrote takes the transaction with it: the others are run again without it. */
  function commitGroup(group: readonly Job[]): void {
    let rest = group;
    const broken: Outcome[] = [];
    for (;;) {
      const woken = new Set<Wake>();
      const outcomes: Outcome[] = [];
      let spoiled: Job | undefined;
      try {
        database.exec("begin immediate");
        for (const job of rest) {
          const { wrote, ...result } = runOne(job, woken);
          outcomes.push({ job, ...result });
          if (result.failed && wrote) {
            spoiled = job;
            broken.push({ job, ...result });
            break;
          }
        }
        if (spoiled === undefined) database.exec("commit");
        else rollBack();
      } catch (error) {
        rollBack();
        for (const job of rest) job.reject(error);
        break;
      }
      if (spoiled !== undefined) {
        const without = spoiled;
        rest = rest.filter((job) => job !== without);
        continue;
      }
      for (const outcome of outcomes) settle(outcome);
      for (const kind of woken) wakes.emit(kind);
      break;
    }
    for (const outcome of broken) settle(outcome);
  }

  function rollBack(): void {
    try {
      database.exec("rollback");
    } catch (error) {
      // SQLite ends the transaction by itself when the disk is full or broken.
      options.log.debug({ err: error }, "nothing to roll back");
    }
  }

  function flush(): void {
    scheduled = false;
    const group = queue.length > LARGEST_GROUP ? queue.splice(0, LARGEST_GROUP) : queue;
    if (group === queue) queue = [];
    if (queue.length > 0) schedule();
    if (group.length > 0) commitGroup(group);
  }

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    setImmediate(flush);
  }

  return {
    execute<T>(work: Work<T>): Promise<T> {
      if (closed) return Promise.reject(new Error("the store is closed"));
      return new Promise<T>((resolve, reject) => {
        queue.push({ work, resolve: resolve as (value: unknown) => void, reject });
        schedule();
      });
    },
    onWake: wakes.on,
    async close() {
      if (closed) return;
      closed = true;
      while (queue.length > 0) flush();
      prepared.clear();
      database.exec("pragma wal_checkpoint(truncate)");
      database.close();
      unlock();
    },
  };
}

function settle(outcome: Outcome): void {
  if (outcome.failed) outcome.job.reject(outcome.error);
  else outcome.job.resolve(outcome.value);
}

function claimFile({ path, clock }: SqliteOptions): () => void {
  if (path === ":memory:") return () => {};
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // Made by us first, so that SQLite's own files beside it inherit its mode.
  closeSync(openSync(path, "a", 0o600));
  chmodSync(path, 0o600);
  return lockDatabaseFile(path, clock.now());
}

function openDatabase(path: string): SqliteDatabase {
  const database = openSqliteDatabase(path);
  database.exec("pragma busy_timeout = 2000");
  database.exec("pragma journal_mode = wal");
  database.exec("pragma synchronous = full");
  database.exec("pragma temp_store = memory");
  database.exec("pragma cache_size = -32000");
  // About 32 MB of log: pages that change again and again reach the database once.
  database.exec("pragma wal_autocheckpoint = 8000");
  return database;
}

function migrate(database: SqliteDatabase): void {
  database.exec("begin immediate");
  try {
    database.exec(META_TABLE);
    const row = database.prepare("select value from meta where key = 'schema'").get([]) as
      | { value: string }
      | undefined;
    for (const statement of migrationsFrom(Number(row?.value ?? 0), "sqlite")) database.exec(statement);
    database
      .prepare(
        "insert into meta (key, value) values ('schema', ?) on conflict (key) do update set value = excluded.value",
      )
      .run([String(SCHEMA_VERSION)]);
    database.exec("commit");
  } catch (error) {
    // An open transaction would outlive the closing of the database until its statements are collected.
    database.exec("rollback");
    throw error;
  }
}
