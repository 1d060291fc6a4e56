import { statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openSqliteDatabase } from "../../../packages/store/src/sqlite-database.ts";
import { startGateway } from "./harness.ts";
import { FAKE, isClosed, newFolder, startWithFakes, takePort, UNCLOSABLE, UNMAKABLE } from "./in-process.ts";

const storeIn = (dir: string) => join(dir, "data", "wxgate.db");
/** What the store has not yet copied from its log into the database. */
const logBytes = (dir: string) => statSync(`${storeIn(dir)}-wal`, { throwIfNoEntry: false })?.size ?? 0;

describe("a reload that fails", () => {
  it("closes what was made before the channel that cannot be made, and the connections of that one", async () => {
    const { fakes, reload } = await startWithFakes({ channels: { old: FAKE } });

    const result = await reload({
      channels: { old: FAKE, fresh: FAKE, wrong: { ...FAKE, how: UNMAKABLE } },
    });

    expect(result).toMatchObject({ ok: false, problems: [{ message: "wrong cannot be made" }] });
    expect(fakes.channels.map(({ id, closed }) => [id, closed])).toEqual([
      ["old", 0],
      ["fresh", 1],
      ["wrong", 0],
    ]);
    expect(await Promise.all(fakes.channels.map(isClosed))).toEqual([false, true, true]);
  });
});

describe("a part that cannot be closed", () => {
  it("keeps no other from it: the other channels and the store are closed, and the end says that it failed", async () => {
    const dir = newFolder();
    const { fakes, log, stop } = await startWithFakes(
      { channels: { broken: { ...FAKE, how: UNCLOSABLE }, well: FAKE } },
      dir,
    );

    await expect(stop()).rejects.toThrow("not everything could be closed");

    expect(log()).toMatch(/"channel":"broken","msg":"channel could not be closed"/);
    expect(await Promise.all(fakes.channels.map(isClosed))).toEqual([true, true]);
    expect(logBytes(dir)).toBe(0);
    // The lock on the store is free again.
    await startWithFakes({}, dir);
  });

  it("does not hide why a gateway could not start", async () => {
    const { port } = await takePort();

    const started = startWithFakes({
      server: { host: "127.0.0.1", port },
      channels: { broken: { ...FAKE, how: UNCLOSABLE } },
    });

    await expect(started).rejects.toThrow("another program uses that port");
  });

  it("ends the process with code 1, with the store closed, when it is the work itself", async () => {
    const gateway = await startGateway();
    const database = openSqliteDatabase(storeIn(gateway.dir));
    database.exec("create trigger broken before delete on workers begin select raise(abort, 'broken table'); end");
    database.close();

    const exit = await gateway.stop();

    expect(exit).toEqual({ code: 1, signal: null });
    expect(gateway.log()).toMatch(/broken table[^\n]*"part":"turns and deliveries"/);
    expect(logBytes(gateway.dir)).toBe(0);
  });
});
