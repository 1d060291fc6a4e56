import { type Clock, type Logger, type Random, TransientError, type Wake } from "@wxgate/core";
import pg from "pg";
import type { Context, Driver, Work } from "./context.ts";
import { META_TABLE, migrationsFrom, SCHEMA_VERSION } from "./migrations.ts";
import { listenForWakes, WAKE_CHANNEL } from "./postgres-listener.ts";
import type { Call } from "./sql.ts";
import { createWakes } from "./wakes.ts";

export interface PostgresOptions {
  readonly url: string;
  /** For waits between attempts; what is stored goes by the database's clock. */
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Most connections of this process, beside the one that listens. */
  readonly connections: number;
  /** Added to the database's clock. */
  readonly clockOffsetMs: () => number;
}

const NOW = "(extract(epoch from clock_timestamp()) * 1000)::bigint";
const INT8_OID = 20;
/** Two transactions wanted each other's rows; one was ended so that the other could go on. */
const REPEATABLE = new Set(["40001", "40P01"]);
const MOST_REPEATS = 8;
/** "wxgate" in ASCII: one migration at a time per database. */
const MIGRATION_LOCK = "131356263936101";

/** Each operation is one transaction on a connection of its own. */
export async function openPostgres(options: PostgresOptions): Promise<Driver> {
  const { log, clock, random } = options;
  const config: pg.PoolConfig = {
    connectionString: options.url,
    application_name: "wxgate",
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    idle_in_transaction_session_timeout: 30_000,
    statement_timeout: 60_000,
    types: { getTypeParser: parserOf },
  };
  const pool = new pg.Pool({ ...config, max: options.connections });
  pool.on("error", (error) => log.warn({ err: error }, "an idle database connection was lost"));
  // The pool listens to idle connections only; one that breaks while it works would end the process. Its query tells.
  pool.on("connect", (client) => {
    client.on("error", (error) => log.debug({ err: error }, "a database connection was lost"));
  });
  try {
    await migrate(pool);
  } catch (error) {
    await pool.end();
    throw error;
  }

  const wakes = createWakes(log);
  // Our own notifications come back to us; by then we know.
  const origin = Buffer.from(random.bytes(9)).toString("base64url");
  const listener = listenForWakes({ config, clock, log, origin, emit: wakes.emit });
  let closed = false;

  async function attempt<T>(client: pg.PoolClient, work: Work<T>): Promise<T> {
    const woken = new Set<Wake>();
    // Two statements in one round trip give two results.
    const begun = (await client.query(`begin; select ${NOW} as now`)) as unknown as [
      unknown,
      pg.QueryResult<{ now: number }>,
    ];
    const now = (begun[1].rows[0]?.now ?? clock.now()) + options.clockOffsetMs();
    const context: Context = { now, random, wake: (kind) => woken.add(kind) };
    const operation = work(context);
    let step = operation.next();
    while (!step.done) step = operation.next(await answer(client, step.value));
    if (woken.size === 0) await client.query("commit");
    else await client.query(`select pg_notify('${WAKE_CHANNEL}', '${origin}:${[...woken].join(",")}'); commit`);
    for (const kind of woken) wakes.emit(kind);
    return step.value;
  }

  async function execute<T>(work: Work<T>): Promise<T> {
    if (closed) throw new Error("the store is closed");
    for (let repeat = 1; ; repeat++) {
      const client = await pool.connect().catch((error: unknown) => {
        throw unreachable(error);
      });
      try {
        const result = await attempt(client, work);
        client.release();
        return result;
      } catch (error) {
        const broken = await rollBack(client);
        client.release(broken);
        if (broken !== undefined) throw unreachable(error);
        if (!isRepeatable(error) || repeat === MOST_REPEATS) throw error;
        await clock.sleep(Math.round(random.fraction() * 10 * repeat));
      }
    }
  }

  return {
    execute,
    // Transactions run side by side: none waits in line.
    executeFirst: execute,
    executeEarly: execute,
    onWake: wakes.on,
    async close() {
      if (closed) return;
      closed = true;
      await listener.close();
      await pool.end();
    },
  };
}

async function answer(client: pg.PoolClient, { statement, values, wants }: Call): Promise<unknown> {
  const text = statement.sql;
  const result = await client.query(statement.kept ? { name: statement.name, text, values } : { text, values });
  if (wants === "row") return result.rows[0];
  return wants === "rows" ? result.rows : (result.rowCount ?? 0);
}

/** An error: this connection is of no more use. */
async function rollBack(client: pg.PoolClient): Promise<Error | undefined> {
  try {
    await client.query("rollback");
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function unreachable(cause: unknown): TransientError {
  return new TransientError(`the database cannot be reached: ${cause instanceof Error ? cause.message : cause}`, {
    code: "store.unreachable",
    hint: "see whether PostgreSQL runs and can be reached from here; what waits goes on by itself",
    // What was asked may have been committed, or stand behind something that was sent.
    sent: "unknown",
    cause,
  });
}

function isRepeatable(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code !== undefined && REPEATABLE.has(error.code);
}

/** Times and counts stay far below 2^53. */
function parserOf(oid: number, format?: "text" | "binary") {
  return oid === INT8_OID && format !== "binary" ? Number : pg.types.getTypeParser(oid, format);
}

async function migrate(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query(`select pg_advisory_xact_lock(${MIGRATION_LOCK})`);
    await client.query(META_TABLE);
    const { rows } = await client.query<{ value: string }>("select value from meta where key = 'schema'");
    for (const statement of migrationsFrom(Number(rows[0]?.value ?? 0), "postgres")) await client.query(statement);
    await client.query(
      "insert into meta (key, value) values ('schema', $1) on conflict (key) do update set value = excluded.value",
      [String(SCHEMA_VERSION)],
    );
    await client.query("commit");
    client.release();
  } catch (error) {
    client.release(await rollBack(client));
    throw error;
  }
}
