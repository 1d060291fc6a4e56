import { chmodSync } from "node:fs";
import { hostname } from "node:os";
import { openSqliteDatabase, type SqliteDatabase } from "./sqlite-database.ts";

/**
 * Makes this process the only one on a database file until the lock is released or the process is gone: the lock is the
 * operating system's, taken on a small SQLite file beside the database, so none can be left behind by a crash. Who holds
 * it (process, host, since when) can be read from that file.
 *
 * @throws an error that names the holder.
 */
export function lockDatabaseFile(path: string, nowMs: number): () => void {
  const lockPath = `${path}.lock`;
  const lock = openSqliteDatabase(lockPath);
  chmodSync(lockPath, 0o600);
  try {
    lock.exec("begin immediate");
  } catch (error) {
    const holder = describeHolder(lock);
    lock.close();
    throw new Error(
      `${path} is in use by another gateway${holder}: only one process may open an SQLite store. Stop the other one, or move to PostgreSQL (store: "postgres://user:password@host/db"), which several gateways can share`,
      { cause: error },
    );
  }
  lock.exec("create table if not exists holder (pid integer, host text, since integer)");
  lock.exec("delete from holder");
  lock.prepare("insert into holder values (?, ?, ?)").run([process.pid, hostname(), nowMs]);
  lock.exec("commit");
  // Held open: it keeps other writers out and lets them read who we are.
  lock.exec("begin immediate");
  return () => {
    // Closing alone may keep the lock until the garbage collector has taken the statements.
    lock.exec("rollback");
    lock.close();
  };
}

function describeHolder(lock: SqliteDatabase): string {
  try {
    const [row] = lock.prepare("select pid, host, since from holder").all([]) as {
      pid: number;
      host: string;
      since: number;
    }[];
    return row === undefined
      ? ""
      : ` (process ${row.pid} on ${row.host}, since ${new Date(Number(row.since)).toISOString()})`;
  } catch {
    // The other one is just writing its name.
    return "";
  }
}
