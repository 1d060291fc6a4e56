import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Checkpoints, createCheckpoints } from "./checkpoints.ts";
import type { Driver } from "./context.ts";
import { put, read } from "./cursors.fixture.ts";
import { testOptions } from "./options.fixture.ts";
import { first, run } from "./sql.ts";
import { openSqlite } from "./sqlite.ts";

const WRITES_A_COPY = 6000;

let dir: string;
let path: string;
const drivers: Driver[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "wxgate-copies-"));
  path = join(dir, "wxgate.db");
});
afterEach(async () => {
  await Promise.all(drivers.splice(0).map((driver) => driver.close()));
  rmSync(dir, { recursive: true });
});

function open(checkpoints: (path: string) => Checkpoints = createCheckpoints): Driver {
  const driver = openSqlite({ ...testOptions(), path, createCheckpoints: checkpoints });
  drivers.push(driver);
  return driver;
}
const store = (driver: Driver, key: string, value = "1") =>
  driver.execute(function* () {
    yield* run(put, { key, value });
  });
const stored = (driver: Driver, key: string) =>
  driver.execute(function* () {
    return (yield* first(read, { key }))?.value;
  });
const storeMany = (driver: Driver, value?: string) =>
  Promise.all(Array.from({ length: WRITES_A_COPY }, (_, index) => store(driver, `k${index}`, value)));

/** How often the log was begun anew: https://www.sqlite.org/fileformat2.html#the_write_ahead_log */
function beginnings(): number {
  return readFileSync(`${path}-wal`).readUInt32BE(12);
}
async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("the write-ahead log", () => {
  it("is copied into the database beside the work, and begun anew", async () => {
    const driver = open();
    const [size, before] = [statSync(path).size, beginnings()];
    let values = 0;

    await storeMany(driver);
    await eventually(async () => {
      values += 1;
      await store(driver, "later", `${values}`);
      return beginnings() > before;
    });

    expect(statSync(path).size).toBeGreaterThan(size);
    expect(await stored(driver, "k5999")).toBe("1");
  });

  it("lets work go on while most of it is copied, and only the last of it waits", async () => {
    const copies: (() => void)[] = [];
    const driver = open(() => ({
      run: () => new Promise((resolve) => copies.push(resolve)),
      close: async () => {},
    }));
    await storeMany(driver);
    await eventually(() => copies.length === 1);

    await store(driver, "beside the first");
    copies[0]?.();
    await eventually(() => copies.length === 2);
    await store(driver, "beside the second");
    copies[1]?.();
    await eventually(() => copies.length === 3);
    let answered = false;
    const waiting = store(driver, "beside the last").then(() => {
      answered = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(answered).toBe(false);

    copies[2]?.();
    await waiting;
    expect(await stored(driver, "beside the last")).toBe("1");
  });

  it("is copied by the gateway itself when there is no thread for it", async () => {
    let asked = 0;
    const driver = open(() => ({
      async run() {
        asked += 1;
        throw new Error("no threads here");
      },
      close: async () => {},
    }));
    const size = statSync(path).size;

    // Long values: as many pages as SQLite waits for.
    for (let round = 0; round < 3; round += 1) {
      for (let index = 0; index < 4; index += 1) await storeMany(driver, `${round}${index}`.repeat(500));
    }

    expect(asked).toBeGreaterThan(1);
    expect(statSync(path).size).toBeGreaterThan(size);
    expect(await stored(driver, "k0")).toHaveLength(1000);
  });

  it("is copied beside the work again once that succeeds", async () => {
    const warned: string[] = [];
    let broken = true;
    const { log, ...options } = testOptions();
    const driver = openSqlite({
      ...options,
      log: { ...log, warn: (_, text) => warned.push(text), info: () => warned.push("again") },
      path,
      createCheckpoints: (of) => {
        const { run, close } = createCheckpoints(of);
        return { run: () => (broken ? Promise.reject(new Error("no threads yet")) : run()), close };
      },
    });
    drivers.push(driver);
    await storeMany(driver);
    await eventually(() => warned.length === 1);

    broken = false;
    await storeMany(driver);
    await eventually(() => warned.length === 2);

    expect(warned).toEqual([expect.stringContaining("cannot be copied beside"), "again"]);
  });

  it("keeps what is stored while it is closed in the middle of a copy", async () => {
    const driver = open();
    await storeMany(driver, "2");
    await driver.close();

    expect(await stored(open(), "k5999")).toBe("2");
  });

  it("is copied by a thread that does not keep the process alive, and is ended with the store", async () => {
    const checkpoints = createCheckpoints(path);
    const driver = open(() => checkpoints);
    await store(driver, "a");

    await checkpoints.run();
    await checkpoints.close();
    await checkpoints.run();
    await driver.close();

    await expect(createCheckpoints(join(dir, "missing", "x.db")).run()).rejects.toThrow();
  });
});
