import { statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openSqliteDatabase } from "../../../packages/store/src/sqlite-database.ts";
import { startGateway, waitFor } from "./harness.ts";
import {
  callbackAtWork,
  FAKE,
  freePort,
  isClosed,
  newFolder,
  startWithFakes,
  takePort,
  UNCLOSABLE,
  UNMAKABLE,
} from "./in-process.ts";

const storeIn = (dir: string) => join(dir, "data", "wxgate.db");
/** What the store has not yet copied from its log into the database. */
const logBytes = (dir: string) => statSync(`${storeIn(dir)}-wal`, { throwIfNoEntry: false })?.size ?? 0;

describe("a reload that fails", () => {
  it("closes the new channels and agents when the new port is busy, and leaves the old ones alone", async () => {
    const { port } = await takePort();
    const { fakes, gateway, reload } = await startWithFakes({ channels: { old: FAKE } });

    const result = await reload({
      server: { host: "127.0.0.1", port },
      agents: { first: { type: "fake" }, second: { type: "fake" } },
      defaultAgent: "first",
      channels: { old: FAKE, fresh: FAKE },
    });

    expect(result).toMatchObject({ ok: false, problems: [{ message: expect.stringContaining("another program") }] });
    expect(fakes.channels.map(({ id, closed }) => [id, closed])).toEqual([
      ["old", 0],
      ["fresh", 1],
    ]);
    expect(fakes.agents.map(({ name, closed }) => [name, closed])).toEqual([
      ["first", 0],
      ["second", 1],
    ]);
    expect(await Promise.all(fakes.channels.map(isClosed))).toEqual([false, true]);
    const answer = await fetch(`${gateway.publicUrl}/webhooks/old`, { method: "POST", body: "still there" });
    expect(await answer.text()).toBe("still there");
  });

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

describe("a reload that moves the public server", () => {
  it("answers every path at the new address from the first moment, while the old one still has a callback at work", async () => {
    const port = await freePort();
    const { gateway, reload } = await startWithFakes({ channels: { old: FAKE } });
    const atWork = await callbackAtWork(`${gateway.publicUrl}/webhooks/old`);

    const reloaded = reload({
      server: { host: "127.0.0.1", port },
      channels: { old: FAKE, fresh: FAKE },
    });
    const statuses = await waitFor(() =>
      Promise.all(["old", "fresh"].map(async (id) => (await fetch(`http://127.0.0.1:${port}/webhooks/${id}`)).status)),
    );

    expect(statuses).toEqual([200, 200]);
    expect(await atWork.finish()).toMatch(/HTTP\/1.1 200 [\s\S]*body$/);
    expect(await reloaded).toMatchObject({ ok: true });
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
