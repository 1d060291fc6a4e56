import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock, Logger, Random, Store } from "@wxgate/core";
import { findPostgres, POSTGRES_HINT, type PostgresCluster, startPostgres, storeContract } from "@wxgate/testing";
import { afterAll, beforeAll } from "vitest";
import { openStore, type Sealer, type StoreOptions } from "./index.ts";

const random: Random = { bytes: (count) => randomBytes(count), fraction: () => Math.random() };
const log: Logger = { child: () => log, debug() {}, info() {}, warn() {}, error() {} };
const sealer = testSealer();

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
      ...wallClock(),
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

function wallClock(): Clock {
  return {
    now: () => Date.now(),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(resolve, ms);
        signal?.addEventListener("abort", () => {
          clearTimeout(timer);
          reject(signal.reason);
        });
      }),
  };
}

function testSealer(): Sealer {
  const key = randomBytes(32);
  return {
    seal(text) {
      const iv = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", key, iv);
      const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString("base64");
    },
    open(text) {
      const bytes = Buffer.from(text, "base64");
      const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12)).setAuthTag(bytes.subarray(12, 28));
      return decipher.update(bytes.subarray(28), undefined, "utf8") + decipher.final("utf8");
    },
  };
}
