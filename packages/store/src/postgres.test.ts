import { type AddressInfo, connect, createServer } from "node:net";
import { findPostgres, POSTGRES_HINT, type PostgresCluster, startPostgres } from "@wxgate/testing";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore } from "./index.ts";
import { testOptions } from "./options.fixture.ts";

const binaries = findPostgres(process.env.PATH ?? "");
const title = binaries === undefined ? `a PostgreSQL store (skipped: ${POSTGRES_HINT})` : "a PostgreSQL store";

describe.skipIf(binaries === undefined)(title, () => {
  let cluster: PostgresCluster;

  beforeAll(async () => {
    cluster = await startPostgres(binaries!);
  });
  afterAll(() => cluster?.stop());

  it("is brought up to date once when several gateways start together", async () => {
    const url = await cluster.createDatabase();

    const stores = await Promise.all([1, 2, 3].map(() => openStore(url, testOptions())));

    await stores[0]!.state("c").set("k", 1);
    expect(await stores[2]!.state("c").get("k")).toBe(1);
    await Promise.all(stores.map((store) => store.close()));
  });

  it("refuses a database of a newer version", async () => {
    const url = await cluster.createDatabase();
    await (await openStore(url, testOptions())).close();
    await sql(url, "update meta set value = '999' where key = 'schema'");

    await expect(openStore(url, testOptions())).rejects.toThrow("opened by a newer version");
  });

  it("outlives a line that breaks in the middle of a transaction, and goes on", async () => {
    const url = await cluster.createDatabase();
    const line = await startLine(`${new URL(url).searchParams.get("host")}/.s.PGSQL.5432`);
    const store = await openStore(`postgres://wxgate@127.0.0.1:${line.port}${new URL(url).pathname}`, {
      ...testOptions(),
      connections: 2,
    });
    await store.state("c").set("k", "v");

    line.breakAtNextWord();
    await expect(store.state("c").set("k", "lost")).rejects.toMatchObject({
      name: "TransientError",
      code: "store.unreachable",
      sent: "unknown",
    });

    await expect
      .poll(
        () =>
          store
            .state("c")
            .get("k")
            .catch(() => undefined),
        { timeout: 5000 },
      )
      .toBe("v");
    await store.close();
    line.close();
  });

  it("goes on after its connections were cut", async () => {
    const url = await cluster.createDatabase();
    const store = await openStore(url, { ...testOptions(), connections: 2 });
    await store.state("c").set("k", "v");
    const heard: string[] = [];
    store.onWake((wake) => heard.push(wake));

    await sql(
      url,
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'wxgate' and datname = current_database()",
    );

    await expect
      .poll(
        () =>
          store
            .state("c")
            .get("k")
            .catch(() => undefined),
        { timeout: 5000 },
      )
      .toBe("v");
    // The connection that hears of new work is made anew, and reports what it may have missed.
    await expect.poll(() => heard, { timeout: 5000 }).toContain("turns");
    await store.close();
  });

  it("goes by the database's clock, not by the machine's", async () => {
    const url = await cluster.createDatabase();
    const wrong = { ...testOptions().clock, now: () => 1000 };
    const store = await openStore(url, { ...testOptions(), clock: wrong });

    await store.query.appendAudit({ actor: "a", action: "b" });

    const [entry] = (await store.query.audit({ limit: 1 })).items;
    expect(Math.abs((entry?.at ?? 0) - Date.now())).toBeLessThan(60_000);
    await store.close();
  });

  it("keeps the password out of what it says when it cannot connect", async () => {
    const failed = openStore("postgres://wxgate:canary-pw@127.0.0.1:1/none", testOptions());

    const error = await failed.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).not.toContain("canary-pw");
    expect(String(error)).toContain("127.0.0.1:1");
  });
});

async function sql(url: string, text: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(text);
  await client.end();
}

/** A network between the store and the server, which breaks off when it is told to. */
async function startLine(socketPath: string) {
  let isBreaking = false;
  const server = createServer((client) => {
    const upstream = connect(socketPath);
    client.on("data", (data) => {
      if (isBreaking) client.resetAndDestroy();
      else upstream.write(data);
      isBreaking = false;
    });
    upstream.on("data", (data) => client.write(data));
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
    client.on("error", () => upstream.destroy());
    upstream.on("error", () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    breakAtNextWord: () => {
      isBreaking = true;
    },
    close: () => server.close(),
  };
}
