import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock, Store } from "@wxgate/core";
import { findPostgres, POSTGRES_HINT, type PostgresCluster, startPostgres, storeContract } from "@wxgate/testing";
import { afterAll, beforeAll } from "vitest";
import { openStore, type StoreOptions } from "./index.ts";
import { createTestSealer, log, random, wallClock } from "./options.fixture.ts";

const sealer = createTestSealer();

storeContract("SQLite", {
  async open() {
    const dir = await mkdtemp(join(tmpdir(), "wxgate-store-"));
    const url = `sqlite:${join(dir, "data", "wxgate.db")}`;
    const clock = manualClock(1_795_168_800_000);
    const options: StoreOptions = { clock, random, log, sealer };
    let store = await openStore(url, options);
    return {
      store,
      clock,
      async reopen() {
        await store.close();
        store = await openStore(url, options);
        return store;
      },
      async rawContents() {
        const files = await readdir(join(dir, "data"));
        return Buffer.concat(await Promise.all(files.map((file) => readFile(join(dir, "data", file)))));
      },
      async close() {
        await store.close();
        await rm(dir, { recursive: true });
      },
    };
  },
});

const binaries = findPostgres(process.env.PATH ?? "");
let cluster: PostgresCluster | undefined;

beforeAll(async () => {
  if (binaries !== undefined) cluster = await startPostgres(binaries);
});
afterAll(() => cluster?.stop());

storeContract("PostgreSQL", {
  shared: true,
  ...(binaries === undefined ? { skip: POSTGRES_HINT } : {}),
  async open() {
    const url = await cluster!.createDatabase();
    let offset = 0;
    const clock = {
      ...wallClock,
      now: () => Date.now() + offset,
      advance(ms: number) {
        offset += ms;
      },
    };
    const options: StoreOptions = { clock, random, log, sealer, connections: 4, clockOffsetMs: () => offset };
    const opened: Store[] = [];
    const open = async () => {
      const store = await openStore(url, options);
      opened.push(store);
      return store;
    };
    return {
      store: await open(),
      clock,
      reopen: open,
      second: open,
      async close() {
        await Promise.all(opened.map((store) => store.close()));
      },
    };
  },
});

function manualClock(startsAt: number): Clock & { advance(ms: number): void } {
  let now = startsAt;
  return {
    now: () => now,
    sleep: async () => {},
    advance(ms) {
      now += ms;
    },
  };
}
