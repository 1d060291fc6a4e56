import type { Clock, Logger, Random, Wake } from "@wxgate/core";
import type { Context, Work } from "./context.ts";
import type { Call, Statement } from "./sql.ts";
import type { SqliteDatabase, SqliteStatement } from "./sqlite-database.ts";

/** Where it waits: before the others, for a commit but not for the disk, or for both. */
export type Line = "first" | "early" | "later";

export interface Job {
  readonly work: Work<unknown>;
  readonly line: Line;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** How one operation ended, before it is durable. */
export interface Outcome {
  readonly job: Job;
  readonly value?: unknown;
  readonly error?: unknown;
  readonly failed: boolean;
}

export interface GroupResult {
  readonly outcomes: readonly Outcome[];
  readonly woken: ReadonlySet<Wake>;
  /** Whether something was written for which the disk has to be waited for. */
  readonly wrote: boolean;
  /** How many statements wrote. */
  readonly writes: number;
  /** What there was no time for. */
  readonly left: readonly Job[];
}

export const NOTHING_DONE: GroupResult = { outcomes: [], woken: new Set(), wrote: false, writes: 0, left: [] };

/** Keeps one transaction from holding up the event loop for long. */
const LONGEST_MS = 4;

export interface GroupPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Runs operations one after the other in one transaction. */
export function createGroupRunner(
  database: SqliteDatabase,
  { clock, random, log }: GroupPorts,
): (jobs: readonly Job[]) => GroupResult {
  const begin = database.prepare("begin immediate");
  const commit = database.prepare("commit");
  const prepared = new Map<Statement<never, unknown>, SqliteStatement>();

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

  function runOne(job: Job, woken: Set<Wake>): { outcome: Outcome; writes: number } {
    let writes = 0;
    let own: Wake[] | undefined;
    const wake = (kind: Wake) => {
      own ??= [];
      own.push(kind);
    };
    const context: Context = { now: clock.now(), random, wake };
    try {
      const operation = job.work(context);
      let step = operation.next();
      while (!step.done) {
        if (!step.value.statement.reads) writes += 1;
        step = operation.next(answer(step.value));
      }
      for (const kind of own ?? []) woken.add(kind);
      return { outcome: { job, value: step.value, failed: false }, writes };
    } catch (error) {
      return { outcome: { job, error, failed: true }, writes };
    }
  }

  function rollBack(): void {
    try {
      database.exec("rollback");
    } catch (error) {
      // SQLite ends the transaction by itself when the disk is full or broken.
      log.debug({ err: error }, "nothing to roll back");
    }
  }

  /** One that fails after it wrote takes the transaction with it: returned as `spoiled`, nothing of the others is kept. */
  function attempt(jobs: readonly Job[]): GroupResult & { readonly spoiled?: Outcome } {
    const woken = new Set<Wake>();
    const outcomes: Outcome[] = [];
    let wrote = false;
    let writes = 0;
    const until = performance.now() + LONGEST_MS;
    begin.run([]);
    for (const job of jobs) {
      const { outcome, writes: own } = runOne(job, woken);
      if (outcome.failed && own > 0) {
        rollBack();
        return { ...NOTHING_DONE, spoiled: outcome };
      }
      writes += own;
      wrote ||= own > 0 && job.line !== "early";
      outcomes.push(outcome);
      if (performance.now() > until) break;
    }
    commit.run([]);
    return { outcomes, woken, wrote, writes, left: jobs.slice(outcomes.length) };
  }

  /** The others are run again without the ones that fail. */
  return function runGroup(jobs) {
    const broken: Outcome[] = [];
    let rest = jobs;
    for (;;) {
      let result: ReturnType<typeof attempt>;
      try {
        result = attempt(rest);
      } catch (error) {
        rollBack();
        result = { ...NOTHING_DONE, outcomes: rest.map((job) => ({ job, error, failed: true })) };
      }
      const { spoiled } = result;
      if (spoiled === undefined) return { ...result, outcomes: [...result.outcomes, ...broken] };
      broken.push(spoiled);
      rest = rest.filter((job) => job !== spoiled.job);
    }
  };
}
