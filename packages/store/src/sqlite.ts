import { chmodSync, closeSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Clock, Logger, Random } from "@wxgate/core";
import { type Checkpoints, createCheckpoints } from "./checkpoints.ts";
import type { Driver, Work } from "./context.ts";
import { createLogCopies } from "./log-copies.ts";
import { META_TABLE, migrationsFrom, SCHEMA_VERSION } from "./migrations.ts";
import { openSqliteDatabase, type SqliteDatabase } from "./sqlite-database.ts";
import {
  createGroupRunner,
  type GroupResult,
  type Job,
  type Line,
  NOTHING_DONE,
  type Outcome,
} from "./sqlite-group.ts";
import { lockDatabaseFile } from "./sqlite-lock.ts";
import { createWakes } from "./wakes.ts";
import { openWalSync, type WalSync } from "./wal-sync.ts";

export interface SqliteOptions {
  /** A file, or ":memory:". */
  readonly path: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** How the log is brought to the disk; tests hand in one that fails. */
  readonly openWal?: (path: string) => WalSync;
  /** How the log is copied into the database; tests hand in one that they hold up. */
  readonly createCheckpoints?: (path: string) => Checkpoints;
}

/** 32 MB of log. */
const PAGES_A_COPY = 8000;
/** For rows so large that the copies beside the event loop come too late. */
const PAGES_WITHOUT_COPY = 4 * PAGES_A_COPY;
/** In the order in which they go on. */
const LINES: readonly Line[] = ["first", "early", "later"];
/** When a group had no time for the last of them: turns that were begun go on before others begin. */
const LATER_NEXT: readonly Line[] = ["first", "later", "early"];
const WITHOUT_SYNC: readonly Line[] = ["early"];
const isEarly = ({ job }: Outcome) => job.line === "early";

/**
 * Group commit: everything asked for while the disk was busy runs in one transaction, one operation after the other, and is
 * answered when that is on the disk.
 */
export function openSqlite(options: SqliteOptions): Driver {
  const unlock = claimFile(options);
  let database: SqliteDatabase | undefined;
  try {
    database = openSqliteDatabase(options.path);
    const logged = configure(database);
    migrate(database);
    if (!logged) return createDriver({ database, unlock }, options);
    const wal = (options.openWal ?? openWalSync)(options.path);
    const checkpoints = (options.createCheckpoints ?? createCheckpoints)(options.path);
    return createDriver({ database, wal, checkpoints, unlock }, options);
  } catch (error) {
    database?.close();
    unlock();
    throw error;
  }
}

interface Opened {
  readonly database: SqliteDatabase;
  /** Absent where a commit is durable by itself, or never. */
  readonly wal?: WalSync;
  readonly checkpoints?: Checkpoints;
  unlock(): void;
}

function createDriver({ database, wal, checkpoints, unlock }: Opened, options: SqliteOptions): Driver {
  const wakes = createWakes(options.log);
  const runGroup = createGroupRunner(database, options);
  /** Platforms wait for the first line: a gateway that is behind with its turns still acknowledges in time. */
  const lines: Record<Line, Job[]> = { first: [], early: [], later: [] };
  let order = LINES;
  let scheduled = false;
  let closed = false;
  /** The disk is being waited for; what is asked meanwhile is the next group. */
  let syncing: Promise<void> | undefined;
  /** The disk refused what was committed last: the log alone is not to be trusted. */
  let doubtful = false;

  const copies =
    checkpoints &&
    createLogCopies({
      checkpoints,
      ended() {
        if (waits()) flush();
      },
      failed(error) {
        options.log.warn(
          { err: error },
          "the store's log cannot be copied beside the gateway's work: it stops for it until that succeeds again",
        );
        copyAfter(database, PAGES_A_COPY);
      },
      recovered() {
        options.log.info({}, "the store's log is copied beside the gateway's work again");
        copyAfter(database, PAGES_WITHOUT_COPY);
      },
    });

  const waits = (of: readonly Line[] = LINES) => of.some((line) => lines[line].length > 0);

  function publish({ outcomes, woken }: GroupResult): void {
    for (const { job, failed, value, error } of outcomes) {
      if (failed) job.reject(error);
      else job.resolve(value);
    }
    for (const kind of woken) wakes.emit(kind);
  }

  /** @returns what is left to be published once it is durable */
  function publishEarly(result: GroupResult): GroupResult {
    const early = result.outcomes.filter(isEarly);
    if (early.length === 0) return result;
    if (early.length === result.outcomes.length) {
      publish(result);
      return NOTHING_DONE;
    }
    publish({ ...NOTHING_DONE, outcomes: early });
    return { ...result, outcomes: result.outcomes.filter((outcome) => !isEarly(outcome)) };
  }

  function refuse({ outcomes }: GroupResult, error: unknown): void {
    doubtful = true;
    options.log.error({ err: error }, "the disk refused what was stored: nobody is told that it was");
    for (const { job } of outcomes) job.reject(error);
  }

  async function makeDurable(log: WalSync, result: GroupResult): Promise<void> {
    try {
      await log.sync();
    } catch (error) {
      refuse(result, error);
      return;
    }
    publish(result);
  }

  /** Those outside have their answers before anything begins that was claimed beside them. */
  function makeDurableNow(log: WalSync, all: GroupResult): void {
    const early = all.outcomes.filter(isEarly);
    if (early.length > 0) setImmediate(() => publish({ ...NOTHING_DONE, outcomes: early }));
    const result = { ...all, outcomes: all.outcomes.filter((outcome) => !isEarly(outcome)) };
    try {
      log.syncNow();
    } catch (error) {
      refuse(result, error);
      return;
    }
    publish(result);
  }

  /** A second try at the log would succeed without a reason; the database file takes all of it, or the disk says so again. */
  function leaveDoubt(): void {
    if (!doubtful) return;
    const { busy } = database.prepare("pragma wal_checkpoint(truncate)").get([]) as { busy: number };
    if (busy !== 0) throw new Error("the disk refused what was stored last, and the log is not yet in the database");
    doubtful = false;
  }

  /** Somebody outside waits, and the disk is fast: no detour over a thread, nor waiting for what is on that way. */
  const isUrgent = () => wal?.isFast === true && lines.first.length > 0;

  /** Which lines go on now: only what need not be durable goes on beside a sync. */
  function openLines(): readonly Line[] {
    if (copies?.holds) return [];
    return syncing === undefined || isUrgent() ? LINES : WITHOUT_SYNC;
  }

  function flush(): void {
    scheduled = false;
    const urgent = isUrgent();
    const open = openLines();
    if (!waits(open)) return;
    const all = runLines(open);
    copies?.wrote(all.writes);
    if (urgent && wal !== undefined) makeDurableNow(wal, all);
    else publishOrSync(all);
    if (waits()) schedule();
  }

  function publishOrSync(all: GroupResult): void {
    const result = publishEarly(all);
    if (wal === undefined || (!result.wrote && syncing === undefined)) publish(result);
    // Even when it only read: what it read may not be on the disk yet.
    else if (result.outcomes.length > 0) syncing = makeDurable(wal, result).finally(endSync);
  }

  function runLines(open: readonly Line[]): GroupResult {
    const jobs = order.filter((line) => open.includes(line)).flatMap((line) => lines[line].splice(0));
    try {
      leaveDoubt();
    } catch (error) {
      for (const job of jobs) job.reject(error);
      return NOTHING_DONE;
    }
    const result = runGroup(jobs);
    for (const job of result.left) lines[job.line].push(job);
    order = order === LINES && result.left.some(({ line }) => line === "later") ? LATER_NEXT : LINES;
    return result;
  }

  function endSync(): void {
    syncing = undefined;
    if (waits()) flush();
  }

  function schedule(): void {
    if (scheduled || !waits(openLines())) return;
    scheduled = true;
    setImmediate(flush);
  }

  function put<T>(work: Work<T>, line: Line): Promise<T> {
    if (closed) return Promise.reject(new Error("the store is closed"));
    return new Promise<T>((resolve, reject) => {
      lines[line].push({ work, line, resolve: resolve as (value: unknown) => void, reject });
      schedule();
    });
  }

  return {
    execute: (work) => put(work, "later"),
    executeFirst: (work) => put(work, "first"),
    executeEarly: (work) => put(work, "early"),
    onWake: wakes.on,
    async close() {
      if (closed) return;
      closed = true;
      while (waits() || syncing !== undefined || copies?.running !== undefined) {
        flush();
        await syncing;
        await copies?.running;
      }
      await copies?.close();
      database.exec("pragma wal_checkpoint(truncate)");
      wal?.close();
      database.close();
      unlock();
    },
  };
}

function claimFile({ path, clock }: SqliteOptions): () => void {
  if (path === ":memory:") return () => {};
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Error(`${path} is a folder: the store needs a file, for example sqlite:${join(path, "wxgate.db")}`);
  }
  // Made by us first, so that SQLite's own files beside it inherit its mode.
  closeSync(openSync(path, "a", 0o600));
  chmodSync(path, 0o600);
  return lockDatabaseFile(path, clock.now());
}

/** Whether it keeps a write-ahead log, whose syncing is ours. */
function configure(database: SqliteDatabase): boolean {
  database.exec("pragma busy_timeout = 2000");
  const mode = database.prepare("pragma journal_mode = wal").get([]) as { journal_mode: string };
  const logged = mode.journal_mode === "wal";
  // Some network file systems know no write-ahead log: there SQLite waits for the disk itself.
  database.exec(`pragma synchronous = ${logged ? "normal" : "full"}`);
  database.exec("pragma temp_store = memory");
  database.exec("pragma cache_size = -32000");
  copyAfter(database, PAGES_WITHOUT_COPY);
  return logged;
}

/** SQLite's own way of copying the log, on the event loop. */
function copyAfter(database: SqliteDatabase, pages: number): void {
  database.exec(`pragma wal_autocheckpoint = ${pages}`);
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
