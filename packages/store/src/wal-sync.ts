import { closeSync, fdatasync, openSync } from "node:fs";

/** Brings what was committed to the disk, on a thread of its own: the event loop goes on meanwhile. */
export interface WalSync {
  /** Resolves once everything committed before the call is on the disk. One at a time. */
  sync(): Promise<void>;
  close(): void;
}

/**
 * SQLite's write-ahead log is the only file a commit writes. With `synchronous = normal` SQLite leaves its last bytes to
 * the operating system and keeps the order that a crash needs by itself; what is missing to "durable" is this one call.
 *
 * @param path The database in WAL mode, after its first write; the log stays the same file until the database is closed.
 */
export function openWalSync(path: string): WalSync {
  // Windows flushes only what is open for writing.
  const log = openSync(`${path}-wal`, "r+");
  return {
    sync: () =>
      new Promise((resolve, reject) => {
        fdatasync(log, (error) => (error === null ? resolve() : reject(error)));
      }),
    close: () => closeSync(log),
  };
}
