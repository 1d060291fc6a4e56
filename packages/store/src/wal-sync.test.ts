import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Driver } from "./context.ts";
import { put, read, sql } from "./cursors.fixture.ts";
import { testOptions } from "./options.fixture.ts";
import { first, run } from "./sql.ts";
import { openSqlite } from "./sqlite.ts";
import { openSqliteDatabase } from "./sqlite-database.ts";
import { createStore } from "./store.ts";
import { openWalSync, type WalSync } from "./wal-sync.ts";

let dir: string;
let path: string;
let driver: Driver | undefined;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "wxgate-wal-"));
  path = join(dir, "wxgate.db");
});
afterEach(async () => {
  await driver?.close();
  driver = undefined;
  await rm(dir, { recursive: true });
});

/** A slow disk, unless `now` is how a fast one does it. */
function open(disk: (log: WalSync) => () => Promise<void>, now?: (log: WalSync) => () => void): Driver {
  driver = openSqlite({
    ...testOptions(),
    path,
    openWal: (of) => {
      const log = openWalSync(of);
      return { isFast: now !== undefined, syncNow: now?.(log) ?? log.syncNow, sync: disk(log), close: log.close };
    },
  });
  return driver;
}

const putting = (key: string, value = "1") =>
  function* () {
    yield* run(put, { key, value });
  };
const store = (of: Driver, key: string) => of.execute(putting(key));
const stored = (of: Driver, key: string) =>
  of.execute(function* () {
    return (yield* first(read, { key }))?.value;
  });

describe("what is stored", () => {
  it("is answered only once the disk has it", async () => {
    let release = () => {};
    const disk = open((log) => async () => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      await log.sync();
    });
    const order: string[] = [];

    const written = store(disk, "a").then(() => order.push("stored"));
    await new Promise((resolve) => setTimeout(resolve, 50));
    order.push("disk is done");
    release();
    await written;

    expect(order).toEqual(["disk is done", "stored"]);
  });

  it("waits together: what comes while the disk works is one group", async () => {
    let syncs = 0;
    const disk = open((log) => async () => {
      syncs += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
      await log.sync();
    });

    const first = store(disk, "first");
    await new Promise((resolve) => setTimeout(resolve, 5));
    await Promise.all([first, ...Array.from({ length: 100 }, (_, index) => store(disk, `k${index}`))]);

    expect(syncs).toBe(2);
  });

  it("is read by others only once the disk has it", async () => {
    let synced = 0;
    const disk = open((log) => async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      await log.sync();
      synced += 1;
    });

    void store(disk, "a");
    await new Promise((resolve) => setTimeout(resolve, 5));

    expect([await stored(disk, "a"), synced]).toEqual(["1", 1]);
  });

  it("counts against what may still be sent before the disk has it", async () => {
    let release = () => {};
    const disk = open(() => () => new Promise<void>((resolve) => (release = resolve)));
    const { quota, enqueue } = createStore({ driver: disk, sql, tag: "t" });
    const to = { channel: "me", account: "ann", kind: "direct", peer: "ann" } as const;
    const content = [{ kind: "text", text: "hello" } as const];

    const queued = enqueue(to, { id: "r", content, deliveries: [{ id: "d", piece: { content } }] });
    await new Promise((resolve) => setTimeout(resolve, 20));
    const before = await quota(to);
    release();
    await queued;

    expect(before).toEqual({ sendsSinceInbound: 0, waiting: 1 });
  });

  it("costs no sync when nothing was written", async () => {
    let syncs = 0;
    const disk = open((log) => () => {
      syncs += 1;
      return log.sync();
    });

    await stored(disk, "a");

    expect(syncs).toBe(0);
  });

  it("is refused when the disk refuses it, and what comes later goes into the database file", async () => {
    let broken = true;
    const disk = open((log) => () => (broken ? Promise.reject(new Error("EIO")) : log.sync()));

    await expect(store(disk, "a")).rejects.toThrow("EIO");
    broken = false;
    await store(disk, "b");
    await disk.close();
    driver = undefined;

    const file = openSqliteDatabase(path);
    const rows = file.prepare("select key from cursors order by key").all([]);
    file.close();
    expect(rows).toContainEqual({ key: "b" });
  });

  it("does not wait behind what is on its way to a fast disk when somebody outside waits", async () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const disk = open(
      (log) => () => released.then(log.sync),
      (log) => log.syncNow,
    );
    const order: string[] = [];

    const turn = store(disk, "turn").then(() => order.push("turn"));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await disk.executeFirst(putting("message")).then(() => order.push("message"));
    release();
    await turn;

    expect(order).toEqual(["message", "turn"]);
  });

  it("is known to whom outside waits only once the fast disk has it", async () => {
    let syncs = 0;
    const disk = open(
      () => () => new Promise((resolve) => setTimeout(resolve, 50)),
      (log) => () => {
        syncs += 1;
        log.syncNow();
      },
    );

    const turn = store(disk, "turn");
    await new Promise((resolve) => setTimeout(resolve, 5));
    const seen = await disk.executeFirst(function* () {
      return (yield* first(read, { key: "turn" }))?.value;
    });

    expect([seen, syncs]).toEqual(["1", 1]);
    await turn;
  });

  it("is refused when the fast disk refuses it, and what comes later goes into the database file", async () => {
    let broken = true;
    const disk = open(
      (log) => log.sync,
      (log) => () => {
        if (broken) throw new Error("EIO");
        log.syncNow();
      },
    );

    await expect(disk.executeFirst(putting("a"))).rejects.toThrow("EIO");
    broken = false;
    await disk.executeFirst(putting("b"));

    const file = openSqliteDatabase(path);
    const rows = file.prepare("select key from cursors order by key").all([]);
    file.close();
    expect(rows).toContainEqual({ key: "b" });
  });

  it("is told before the disk has it where that does no harm, and is on it with what comes next", async () => {
    const released: (() => void)[] = [];
    const disk = open((log) => async () => {
      await new Promise<void>((resolve) => released.push(resolve));
      await log.sync();
    });

    await disk.executeEarly(putting("claim"));
    expect(released).toHaveLength(0);
    const result = store(disk, "result");
    await new Promise((resolve) => setTimeout(resolve, 20));
    await disk.executeEarly(putting("another claim"));
    expect(released).toHaveLength(1);
    released[0]?.();
    await result;

    expect(await stored(disk, "claim")).toBe("1");
  });

  it("is asked again in turn when one operation after another takes long", async () => {
    const disk = open((log) => log.sync);
    const busy = (key: string) =>
      disk.execute(function* () {
        const until = performance.now() + 12;
        while (performance.now() < until) yield* first(read, { key });
        yield* run(put, { key, value: key });
        return key;
      });

    const between: string[] = [];
    const done = Promise.all(["a", "b", "c"].map(busy));
    setImmediate(() => setImmediate(() => between.push("the event loop turned")));
    const keys = await done;

    expect(keys).toEqual(["a", "b", "c"]);
    expect(between).toEqual(["the event loop turned"]);
  });

  it("comes before what nobody outside waits for, in the order it was asked for", async () => {
    const disk = open((log) => log.sync);
    const order: string[] = [];
    const note = (name: string) =>
      function* () {
        const until = performance.now() + 5;
        while (performance.now() < until) yield* first(read, { key: name });
        order.push(name);
      };

    await Promise.all([
      ...["turn 1", "turn 2", "turn 3"].map((name) => disk.execute(note(name))),
      ...["message 1", "message 2", "message 3", "message 4"].map((name) => disk.executeFirst(note(name))),
    ]);

    expect(order).toEqual(["message 1", "message 2", "message 3", "message 4", "turn 1", "turn 2", "turn 3"]);
  });

  it("goes on beside claims that follow each other without an end", async () => {
    const disk = open((log) => log.sync);
    const long = function* () {
      const until = performance.now() + 5;
      while (performance.now() < until) yield* first(read, { key: "claim" });
    };
    let claims = 0;
    let begun = false;
    const claiming = (async () => {
      while (!begun && claims < 20) {
        await disk.executeEarly(long);
        claims += 1;
      }
    })();
    await stored(disk, "what a turn reads");
    begun = true;
    await claiming;

    expect(claims).toBeLessThan(5);
  });
});
