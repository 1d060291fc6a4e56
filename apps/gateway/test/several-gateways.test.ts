import { join } from "node:path";
import { findPostgres, POSTGRES_HINT, startPostgres } from "@wxgate/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { ACCOUNT, startGateway, waitFor } from "./harness.ts";

const BINARIES = findPostgres(process.env.PATH ?? "");
const CUSTOMERS = 12;
/** One fewer than the sends a customer's message allows: what the killed one was sending counts twice. */
const MESSAGES = 4;
const word = (index: number, message: number) => `<${index}:${message}>`;

describe.skipIf(BINARIES === undefined)(`two gateways on one PostgreSQL (${POSTGRES_HINT})`, () => {
  it("answer every message once and in order, also when one of them is killed", { timeout: 120_000 }, async () => {
    const postgres = await startPostgres(BINARIES as string);
    onTestFinished(() => postgres.stop());
    const config = { store: await postgres.createDatabase(), log: { level: "warn" } };
    const first = await startGateway({ config });
    const { sim } = first;
    const second = await startGateway({ config, sim });
    const answered = (index: number) => first.repliesTo(`c${index}`).flatMap((text) => text.match(/<\d+:\d+>/g) ?? []);

    const writers = Array.from({ length: CUSTOMERS }, async (_, index) => {
      for (let message = 1; message <= MESSAGES; message += 1) {
        await first.customerWrites(word(index, message), `c${index}`);
        await new Promise((resolve) => setTimeout(resolve, 300 + 400 * Math.random()));
      }
    });
    await new Promise((resolve) => setTimeout(resolve, 900));
    await second.kill9();
    await sim.registerCallback(ACCOUNT, `${first.publicUrl}/webhooks/support`, { force: true });
    await Promise.all(writers);
    // Rings for what was written while the callbacks went to the dead one.
    await first.customerWrites("done?", "last");

    for (let index = 0; index < CUSTOMERS; index += 1) {
      await waitFor(() => answered(index).length >= MESSAGES, { timeoutMs: 45_000 });
      expect(answered(index)).toEqual(Array.from({ length: MESSAGES }, (_, message) => word(index, message + 1)));
    }
  });

  it("share what was stored: a message that reached one is answered by the other", { timeout: 60_000 }, async () => {
    const postgres = await startPostgres(BINARIES as string);
    onTestFinished(() => postgres.stop());
    const config = { store: await postgres.createDatabase(), log: { level: "warn" } };
    const first = await startGateway({ config, crashPoint: "after-accept" });

    await first.customerWrites("hello");
    await first.exit();
    await startGateway({ config, sim: first.sim });

    await waitFor(() => first.repliesTo().length > 0, { timeoutMs: 30_000 });
    expect(first.repliesTo()).toEqual(["You said: hello"]);
  });

  it("find their own gateway though they share a folder", { timeout: 60_000 }, async () => {
    const postgres = await startPostgres(BINARIES as string);
    onTestFinished(() => postgres.stop());
    const shared = { store: await postgres.createDatabase(), log: { level: "warn" } };
    const first = await startGateway({ config: shared });
    const media = { dir: join(first.dir, "data", "media") };
    const second = await startGateway({ config: { ...shared, media }, sim: first.sim });
    await second.kill9();

    const { code } = await first.cli("channels", "status");

    expect(code).toBe(0);
  });

  it("say in words that the database is gone, get no callbacks, and go on when it is back", {
    timeout: 60_000,
  }, async () => {
    const postgres = await startPostgres(BINARIES as string);
    onTestFinished(() => postgres.stop());
    const gateway = await startGateway({ config: { store: await postgres.createDatabase(), log: { level: "warn" } } });
    const readyz = () => fetch(`${gateway.adminUrl}/readyz`);
    expect((await readyz()).status).toBe(200);

    await postgres.interrupt();
    const [ready, send, deliveries, doctor] = [
      await readyz(),
      await gateway.cli("send", "support", "wmAnna", "hello"),
      await gateway.cli("dead", "list"),
      await gateway.cli("doctor"),
    ];

    expect([ready.status, await ready.json()]).toEqual([
      503,
      { status: "not ready", reason: "the store cannot be reached" },
    ]);
    expect([send.code, deliveries.code, doctor.code]).toEqual([1, 1, 1]);
    expect(send.stderr).toContain("the database cannot be reached");
    expect(deliveries.stderr).toContain("the database cannot be reached");
    expect(doctor.stdout).toContain("WRONG  store: ");

    await postgres.resume();
    await waitFor(async () => (await readyz()).status === 200);
    await gateway.customerWrites("still there?");
    await waitFor(() => gateway.repliesTo().length > 0, { timeoutMs: 30_000 });
  });
});
