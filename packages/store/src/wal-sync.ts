import { closeSync, fdatasync, fdatasyncSync, openSync } from "node:fs";

/** Brings what was committed to the disk: on the spot, or on a thread while the event loop goes on. */
export interface WalSync {
  /** Whether the disk lately took less time than the detour over a thread is worth. */
  readonly isFast: boolean;
  /** Returns once everything committed before the call is on the disk, also while `sync` is under way. */
  syncNow(): void;
  /** Resolves once everything committed before the call is on the disk. One at a time. */
  sync(): Promise<void>;
  close(): void;
}

/** Longer than this nothing is waited for on the event loop. */
const FAST_MS = 0.5;
/** How much of a bad memory is left after each call: a disk that was slow is tried again some fifty calls later. */
const FORGETTING = 0.95;

/**
 * SQLite's write-ahead log is the only file a commit writes. With `synchronous = normal` SQLite leaves its last bytes to
 * the operating system and keeps the order that a crash needs by itself; what is missing to "durable" is this one call.
 *
 * @param path The database in WAL mode, after its first write; the log stays the same file until the database is closed.
 */
export function openWalSync(path: string): WalSync {
  // Windows flushes only what is open for writing.
  const open = () => openSync(`${path}-wal`, "r+");
  // Linux tells of a failed write once for each opened file: with one for both, either could hear what the other should.
  const onThread = open();
  const onLoop = open();
  let expectedMs = 0;

  return {
    get isFast() {
      return expectedMs <= FAST_MS;
    },
    syncNow() {
      const startedAt = performance.now();
      fdatasyncSync(onLoop);
      expectedMs = Math.max(performance.now() - startedAt, expectedMs * FORGETTING);
    },
    sync: () =>
      new Promise((resolve, reject) => {
        const startedAt = performance.now();
        fdatasync(onThread, (error) => {
          // A busy event loop makes it look longer, never shorter.
          expectedMs = Math.min(performance.now() - startedAt, expectedMs * FORGETTING);
          if (error === null) resolve();
          else reject(error);
        });
      }),
    close() {
      closeSync(onThread);
      closeSync(onLoop);
    },
  };
}
