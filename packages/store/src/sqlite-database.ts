import { createRequire } from "node:module";

/** What the built-in `node:sqlite` and libsql have in common. */
export interface SqliteDatabase {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
}
export interface SqliteStatement {
  all(values: readonly unknown[]): unknown[];
  get(values: readonly unknown[]): unknown;
  /** How many rows it changed. */
  run(values: readonly unknown[]): number;
}

interface NativeDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): {
    all(...values: readonly unknown[]): unknown[];
    get(...values: readonly unknown[]): unknown;
    run(...values: readonly unknown[]): { readonly changes: number | bigint };
  };
  close(): void;
}
type NativeClass = new (path: string) => NativeDatabase;

/** The built-in SQLite where Node has it without a flag (22.13 and later), else libsql. */
export function openSqliteDatabase(path: string): SqliteDatabase {
  return hasBuiltin() ? openBuiltin(path) : openLibsql(path);
}

/** What to `require` for it elsewhere: a class that opens a file, or a module with `DatabaseSync`. */
export const sqliteLibrary = (): "node:sqlite" | "libsql" => (hasBuiltin() ? "node:sqlite" : "libsql");

function hasBuiltin(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 13);
}

function openBuiltin(path: string): SqliteDatabase {
  const native = new (loadBuiltin())(path);
  return {
    exec: (sql) => void native.exec(sql),
    prepare(sql) {
      const statement = native.prepare(sql);
      return {
        all: (values) => statement.all(...values),
        get: (values) => statement.get(...values),
        run: (values) => Number(statement.run(...values).changes),
      };
    },
    close: () => native.close(),
  };
}

function loadBuiltin(): NativeClass {
  const warn = process.emitWarning;
  // Node 22 and 24 call their SQLite experimental on every start; that is our decision, not the operator's problem.
  process.emitWarning = ((warning: string | Error, ...rest: never[]) => {
    if (!String(warning).includes("SQLite is an experimental feature")) warn.call(process, warning, ...rest);
  }) as typeof process.emitWarning;
  try {
    const require = createRequire(import.meta.url);
    const builtin = require("node:sqlite") as { DatabaseSync: NativeClass };
    return builtin.DatabaseSync;
  } finally {
    process.emitWarning = warn;
  }
}

function openLibsql(path: string): SqliteDatabase {
  const require = createRequire(import.meta.url);
  const Database = require("libsql") as NativeClass;
  const native = new Database(path);
  return {
    exec: (sql) => void native.exec(sql),
    prepare(sql) {
      const statement = native.prepare(sql);
      // libsql takes all values as one array; spread ones it would flatten again.
      return {
        all: (values) => statement.all(values),
        get: (values) => statement.get(values),
        run: (values) => Number(statement.run(values).changes),
      };
    },
    close: () => native.close(),
  };
}
