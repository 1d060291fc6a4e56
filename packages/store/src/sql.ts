import {
  type Compilable,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type RawBuilder,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  sql,
} from "kysely";
import type { Tables } from "./schema.ts";

export type EngineName = "sqlite" | "postgres";

/** Stands for an argument while a statement is compiled. */
class Placeholder {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

interface Compiled {
  readonly sql: string;
  /** Leaves the database as it is. */
  readonly reads: boolean;
  readonly slots: readonly unknown[];
}

/** One SQL text compiled once, when it is first needed, bound and run many times. */
export class Statement<Args, Row> {
  /** Under which a server keeps it prepared. */
  readonly name: string;
  /** Statements that are run again and again are kept prepared. */
  readonly kept: boolean;
  readonly #compile: () => { readonly sql: string; readonly parameters: readonly unknown[] };
  #compiled: Compiled | undefined;
  /** Only carries the type. */
  declare readonly row: Row;

  constructor(compile: () => { readonly sql: string; readonly parameters: readonly unknown[] }, name?: string) {
    this.#compile = compile;
    this.name = name ?? "";
    this.kept = name !== undefined;
  }

  get sql(): string {
    return this.#get().sql;
  }

  get reads(): boolean {
    return this.#get().reads;
  }

  bind(args: Args): unknown[] {
    const { slots } = this.#get();
    const values: unknown[] = new Array(slots.length);
    for (let index = 0; index < values.length; index++) {
      const slot = slots[index];
      values[index] = storable((slot instanceof Placeholder ? args[slot.name as keyof Args] : slot) ?? null);
    }
    return values;
  }

  #get(): Compiled {
    if (this.#compiled === undefined) {
      const { sql, parameters } = this.#compile();
      this.#compiled = { sql, slots: parameters, reads: /^(?:select|with)\b/i.test(sql) };
    }
    return this.#compiled;
  }
}

/** PostgreSQL's texts hold no NUL, and SQLite's end there for some of its readers. Inside JSON it is escaped, and stays. */
function storable(value: unknown): unknown {
  return typeof value === "string" && value.includes("\0") ? value.replaceAll("\0", "\ufffd") : value;
}

export interface Call {
  readonly statement: Statement<never, unknown>;
  readonly values: unknown[];
  readonly wants: "rows" | "row" | "count";
}

/** A piece of work on the database: yields what it wants to run, is given the result, returns its own. */
export type Operation<T> = Generator<Call, T, unknown>;

export function* all<Args, Row>(statement: Statement<Args, Row>, args: Args): Operation<Row[]> {
  return (yield { statement, values: statement.bind(args), wants: "rows" }) as Row[];
}

export function* first<Args, Row>(statement: Statement<Args, Row>, args: Args): Operation<Row | undefined> {
  return (yield { statement, values: statement.bind(args), wants: "row" }) as Row | undefined;
}

/** How many rows it changed. */
export function* run<Args>(statement: Statement<Args, unknown>, args: Args): Operation<number> {
  return (yield { statement, values: statement.bind(args), wants: "count" }) as number;
}

/** How the queries are written for one engine. */
export interface Sql {
  /** Several transactions run at a time. */
  readonly concurrent: boolean;
  readonly db: Kysely<Tables>;
  /** Compiled once, when it is first run; every property read from the second argument becomes an argument of the statement. */
  prepare<Args, Row>(build: (db: Kysely<Tables>, args: Args) => Compilable<Row>): Statement<Args, Row>;
  /** For what is asked rarely, with a shape of its own each time. */
  compile<Row>(query: Compilable<Row>): Statement<object, Row>;
  /** `column in (…)` for a list handed in as JSON. */
  inList(column: string, list: unknown): RawBuilder<boolean>;
  /** The same for whole numbers. */
  inNumbers(column: string, list: unknown): RawBuilder<boolean>;
  /** Locks what is read until the transaction ends, where several write at a time. */
  readonly lock: RawBuilder<unknown>;
  /** The same, without waiting for rows that others hold. */
  readonly lockFree: RawBuilder<unknown>;
}

export function createSql(engine: EngineName): Sql {
  const sqlite = engine === "sqlite";
  let prepared = 0;
  const db = new Kysely<Tables>({
    dialect: {
      createAdapter: () => (sqlite ? new SqliteAdapter() : new PostgresAdapter()),
      createDriver: () => new DummyDriver(),
      createIntrospector: (of) => (sqlite ? new SqliteIntrospector(of) : new PostgresIntrospector(of)),
      createQueryCompiler: () => (sqlite ? new SqliteQueryCompiler() : new PostgresQueryCompiler()),
    },
  });

  return {
    concurrent: !sqlite,
    db,
    prepare(build) {
      const names = new Proxy({}, { get: (_, name) => new Placeholder(String(name)) });
      return new Statement(() => build(db, names as Parameters<typeof build>[1]).compile(), `w${++prepared}`);
    },
    compile(query) {
      return new Statement(() => query.compile());
    },
    inList: (column, list) =>
      sqlite
        ? sql`${sql.ref(column)} in (select value from json_each(${list}))`
        : sql`${sql.ref(column)} in (select json_array_elements_text(cast(${list} as json)))`,
    inNumbers: (column, list) =>
      sqlite
        ? sql`${sql.ref(column)} in (select value from json_each(${list}))`
        : sql`${sql.ref(column)} in (select cast(json_array_elements_text(cast(${list} as json)) as bigint))`,
    lock: sqlite ? sql`` : sql`for update`,
    lockFree: sqlite ? sql`` : sql`for update skip locked`,
  };
}
