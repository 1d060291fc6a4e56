import type { Checkpoints } from "./checkpoints.ts";

/** Keeps the write-ahead log short while groups go on being committed. */
export interface LogCopies {
  /** No group may begin: the last of the log is being copied, so that the next commit begins it anew. */
  readonly holds: boolean;
  /** The copy under way; it never fails. */
  readonly running: Promise<void> | undefined;
  /** To be told of every group. */
  wrote(statements: number): void;
  close(): Promise<void>;
}

export interface LogCopiesPorts {
  readonly checkpoints: Checkpoints;
  /** Groups may go on. */
  ended(): void;
  /** A copy failed: until one succeeds again, the log is not kept short from here. */
  failed(error: unknown): void;
  /** The first copy after that. */
  recovered(): void;
}

/** About 32 MB of log: pages that change again and again reach the database once. */
const WRITES_A_COPY = 6000;

export function createLogCopies({ checkpoints, ended, failed, recovered }: LogCopiesPorts): LogCopies {
  let running: Promise<void> | undefined;
  let holds = false;
  let broken = false;
  let writes = 0;

  async function copy(): Promise<void> {
    try {
      // Beside the groups that go on; the second time there is little left.
      await checkpoints.run();
      await checkpoints.run();
      holds = true;
      await checkpoints.run();
      if (broken) recovered();
      broken = false;
    } catch (error) {
      if (!broken) failed(error);
      broken = true;
    }
    holds = false;
    running = undefined;
    ended();
  }

  return {
    get holds() {
      return holds;
    },
    get running() {
      return running;
    },
    wrote(statements) {
      writes += statements;
      if (running !== undefined || writes < WRITES_A_COPY) return;
      writes = 0;
      running = copy();
    },
    close: () => checkpoints.close(),
  };
}
