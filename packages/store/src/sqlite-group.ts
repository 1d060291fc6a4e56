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
  /** What there was no time for. */
  readonly left: readonly Job[];
}

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

  function runOne(job: Job, woken: Set<Wake>): { outcome: Outcome; wrote: boolean } {
    let wrote = false;
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
        wrote ||= !step.value.statement.reads;
        step = operation.next(answer(step.value));
      }
      for (const kind of own ?? []) woken.add(kind);
      return { outcome: { job, value: step.value, failed: false }, wrote };
    } catch (error) {
      return { outcome: { job, error, failed: true }, wrote };
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
    let groupWrote = false;
    const until = performance.now() + LONGEST_MS;
    begin.run([]);
    for (const job of jobs) {
      const { outcome, wrote } = runOne(job, woken);
      if (outcome.failed && wrote) {
        rollBack();
        return { outcomes: [], woken: new Set(), wrote: false, left: [], spoiled: outcome };
      }
      groupWrote ||= wrote && job.line !== "early";
      outcomes.push(outcome);
      if (performance.now() > until) break;
    }
    commit.run([]);
    return { outcomes, woken, wrote: groupWrote, left: jobs.slice(outcomes.length) };
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
        result = {
          outcomes: rest.map((job) => ({ job, error, failed: true })),
          woken: new Set(),
          wrote: false,
          left: [],
        };
      }
      const { spoiled } = result;
      if (spoiled === undefined) return { ...result, outcomes: [...result.outcomes, ...broken] };
      broken.push(spoiled);
      rest = rest.filter((job) => job !== spoiled.job);
    }
  };
}
