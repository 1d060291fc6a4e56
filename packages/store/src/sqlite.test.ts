import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { InboundMessage, Store } from "@wxgate/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStore } from "./index.ts";
import { testOptions } from "./options.fixture.ts";
import { openSqliteDatabase } from "./sqlite-database.ts";

let dir: string;
let stores: Store[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "wxgate-sqlite-"));
  stores = [];
});
afterEach(async () => {
  await Promise.all(stores.map((store) => store.close()));
  await rm(dir, { recursive: true });
});

async function open(url: string): Promise<Store> {
  const store = await openStore(url, testOptions());
  stores.push(store);
  return store;
}

function say(store: Store, peer: string, id: string) {
  const message: InboundMessage = {
    id,
    from: { channel: "c", account: "a", kind: "direct", peer },
    sender: { id: peer },
    sentAt: new Date(),
    content: [{ kind: "text", text: "hi" }],
  };
  return store.accept({ messages: [{ message, routing: { lane: `c|a|direct|${peer}`, as: "turn" } }], events: [] });
}

const WORKER = { worker: "w", limit: 1000, channels: ["c"] };

describe("an SQLite store", () => {
  it("makes the folder and keeps its files from other users", async () => {
    const path = join(dir, "deep", "er", "wxgate.db");

    await say(await open(`sqlite:${path}`), "ann", "m1");

    for (const file of await readdir(join(dir, "deep", "er"))) {
      expect((await stat(join(dir, "deep", "er", file))).mode & 0o077).toBe(0);
    }
  });

  it("says what to write instead of a folder", async () => {
    await expect(open(`sqlite:${dir}`)).rejects.toThrow(
      `${dir} is a folder: the store needs a file, for example sqlite:${join(dir, "wxgate.db")}`,
    );
  });

  it("refuses a second process and says who has the file and what to do", async () => {
    const url = `sqlite:${join(dir, "wxgate.db")}`;
    const first = await open(url);

    const second = openStore(url, testOptions());

    await expect(second).rejects.toThrow(`process ${process.pid} on ${hostname()}`);
    await expect(second).rejects.toThrow("PostgreSQL");
    expect((await say(first, "ann", "m1")).accepted).toBe(1);
  });

  it("can be opened again once it is closed", async () => {
    const url = `sqlite:${join(dir, "wxgate.db")}`;
    const first = await openStore(url, testOptions());
    await say(first, "ann", "m1");
    await first.close();

    expect((await say(await open(url), "ann", "m1")).duplicates).toBe(1);
  });

  it("refuses work after it is closed, and finishes what was asked before", async () => {
    const store = await openStore(`sqlite:${join(dir, "wxgate.db")}`, testOptions());

    const before = say(store, "ann", "m1");
    await store.close();

    expect((await before).accepted).toBe(1);
    await expect(say(store, "ann", "m2")).rejects.toThrow("closed");
  });

  it("takes over from a process that was killed, with everything it had claimed", async () => {
    const url = `sqlite:${join(dir, "wxgate.db")}`;
    await runAndKill(url);

    const store = await open(url);
    const turns = await store.claimTurns(WORKER);
    const deliveries = await store.claimDeliveries({ ...WORKER, policies: new Map() });

    expect(turns.map((turn) => [turn.conversation.peer, turn.attempt, turn.claim.number])).toEqual([["ben", 2, 2]]);
    expect(deliveries.map((delivery) => [delivery.id, delivery.attempt])).toEqual([["out1", 2]]);
    expect(await store.cursor("k")).toBe("after-ann");
    expect(await store.acquireLease("account", "next", 1000)).toBeGreaterThan(1);
  });

  it("refuses a database of a newer version", async () => {
    const path = join(dir, "wxgate.db");
    await openAndClose(`sqlite:${path}`);
    const raw = openSqliteDatabase(path);
    raw.exec("update meta set value = '999' where key = 'schema'");
    raw.close();

    await expect(openStore(`sqlite:${path}`, testOptions())).rejects.toThrow("opened by a newer version");
    // Not "in use": the lock was given back.
    await expect(openStore(`sqlite:${path}`, testOptions())).rejects.toThrow("opened by a newer version");
  });

  it("keeps nothing in memory mode", async () => {
    const first = await open("sqlite::memory:");
    const second = await open("sqlite::memory:");
    await say(first, "ann", "m1");

    expect((await say(second, "ann", "m1")).accepted).toBe(1);
  });

  it("says which addresses it takes", async () => {
    await expect(openStore("mysql://x", testOptions())).rejects.toThrow("sqlite:./data/wxgate.db");
  });

  it("refuses sealed state without a key instead of storing it in clear", async () => {
    const store = await open("sqlite::memory:");

    await expect(store.state("c").set("token", "secret", { sealed: true })).rejects.toThrow("sealer");
    expect(await store.state("c").get("token")).toBeUndefined();
  });

  it("makes ids that another database never makes", async () => {
    const ids = await Promise.all(
      [1, 2].map(async () => {
        const store = await open("sqlite::memory:");
        await say(store, "ann", "m1");
        return (await store.claimTurns(WORKER))[0]?.id;
      }),
    );

    expect(ids[0]).not.toBe(ids[1]);
  });

  it("claims as fast among many stored messages as among few", async () => {
    const few = await filled(2_000);
    const many = await filled(40_000);

    const times = { few: Number.POSITIVE_INFINITY, many: Number.POSITIVE_INFINITY };
    for (let round = 0; round < 5; round++) {
      times.few = Math.min(times.few, await timeOfClaim(few));
      times.many = Math.min(times.many, await timeOfClaim(many));
    }

    expect(times.many).toBeLessThan(times.few * 3);
  });
});

async function openAndClose(url: string): Promise<void> {
  const store = await openStore(url, testOptions());
  await store.close();
}

async function filled(messages: number): Promise<Store> {
  const store = await open("sqlite::memory:");
  const waiting: Promise<unknown>[] = [];
  for (let number = 0; number < messages; number++) waiting.push(say(store, `p${number}`, `m${number}`));
  await Promise.all(waiting);
  return store;
}

async function timeOfClaim(store: Store): Promise<number> {
  const startedAt = performance.now();
  expect(await store.claimTurns({ ...WORKER, limit: 100 })).toHaveLength(100);
  return performance.now() - startedAt;
}

async function runAndKill(url: string): Promise<void> {
  const script = fileURLToPath(new URL("./crash.fixture.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", "--conditions=@wxgate/source", script, url], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}
