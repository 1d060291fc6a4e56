import { describe, expect, it } from "vitest";
import { type GatewayUnderTest, startGateway, waitFor } from "./harness.ts";

interface Schedule {
  readonly id: string;
  readonly enabled: boolean;
  readonly nextAt?: number;
}
interface Run {
  readonly state: string;
  readonly reason: string;
  readonly dueAt: number;
  readonly text?: string;
}

/** Somebody who has written, so that the platform lets us write to them; how the CLI calls them. */
async function customer(gateway: GatewayUnderTest): Promise<string> {
  await gateway.customerWrites("hello");
  await waitFor(() => gateway.repliesTo().length === 1);
  const { items } = await gateway.api<{ items: readonly { peer: string }[] }>("/api/conversations");
  return items[0]?.peer ?? "";
}

const soon = (ms: number) => new Date(Date.now() + ms).toISOString();
const fromSchedules = (gateway: GatewayUnderTest) => gateway.repliesTo().slice(1);

async function cron(gateway: GatewayUnderTest, ...args: readonly string[]) {
  const { code, stdout, stderr } = await gateway.cli("cron", ...args, "--json");
  return { code, stderr, answer: JSON.parse(stdout || "{}") };
}

describe("a schedule", () => {
  it("is added, listed, changed, fired and removed by command, and all of it is audited", async () => {
    const gateway = await startGateway();
    const target = await customer(gateway);

    const to = ["--channel", "support", "--to", target];
    const timing = ["--cron", "0 9 * * 1-5", "--tz", "Asia/Shanghai"];
    const added = await cron(gateway, "add", "--name", "briefing", ...timing, "--text", "good morning", ...to);
    const { id } = added.answer as Schedule;
    const edited = await cron(gateway, "edit", id, "--text", "good evening");
    const disabled = await cron(gateway, "disable", id);
    const enabled = await cron(gateway, "enable", id);
    const ran = await cron(gateway, "run", id);
    await waitFor(() => fromSchedules(gateway).length === 1);
    const list = await gateway.cli("cron", "list");
    const show = await gateway.cli("cron", "show", id);
    const runs = await cron(gateway, "runs", "--id", id);
    const removed = await cron(gateway, "remove", id);
    const gone = await cron(gateway, "show", id);

    expect([added, edited, disabled, enabled, ran, runs, removed].map(({ code }) => code)).toEqual(Array(7).fill(0));
    expect(added.answer).toMatchObject({
      name: "briefing",
      enabled: true,
      timing: { kind: "cron", expression: "0 9 * * 1-5", timeZone: "Asia/Shanghai" },
    });
    expect([disabled.answer.enabled, enabled.answer.enabled]).toEqual([false, true]);
    expect(fromSchedules(gateway)).toEqual(["good evening"]);
    expect(list.stdout).toMatch(/briefing +yes +0 9 \* \* 1-5 \(Asia\/Shanghai\)/);
    expect(show.stdout).toContain("good evening");
    expect(runs.answer.items).toMatchObject([{ reason: "manual", state: "done" }]);
    expect(gone).toMatchObject({ code: 1, answer: { code: "not-found" } });
    const audit = await gateway.api<{ items: readonly { action: string; subject?: string }[] }>("/api/audit");
    const actions = audit.items.filter(({ subject }) => subject === id).map(({ action }) => action);
    expect(actions.sort()).toEqual(
      ["add", "disable", "edit", "enable", "remove", "run"].map((verb) => `schedule.${verb}`),
    );
  });

  it("asks an agent and sends the answer, or keeps it", async () => {
    const gateway = await startGateway();
    const target = await customer(gateway);
    const at = ["--at", soon(3_600_000)];

    const told = await cron(
      gateway,
      ...["add", "--name", "told", ...at, "--message", "news?", "--announce", "--channel", "support", "--to", target],
    );
    const kept = await cron(gateway, "add", "--name", "kept", ...at, "--message", "notes?", "--no-deliver");
    await cron(gateway, "run", told.answer.id);
    await cron(gateway, "run", kept.answer.id);

    await waitFor(() => fromSchedules(gateway).length === 1);
    const run = await waitFor(async () => {
      const { items } = (await cron(gateway, "runs", kept.answer.id)).answer as { items: readonly Run[] };
      return items.find(({ state }) => state === "done");
    });
    expect(fromSchedules(gateway)).toEqual(["You said: news?"]);
    expect(run.text).toBe("You said: notes?");
  });

  it("fires at its time, and says that its time is over when it is switched on again", async () => {
    const gateway = await startGateway();
    const target = await customer(gateway);

    const { answer } = await cron(
      gateway,
      "add",
      "--name",
      "soon",
      "--at",
      soon(2_500),
      "--text",
      "now",
      "--channel",
      "support",
      "--to",
      target,
    );

    await waitFor(() => fromSchedules(gateway).length === 1);
    const enabled = await gateway.cli("cron", "enable", answer.id);

    expect(fromSchedules(gateway)).toEqual(["now"]);
    expect(enabled.stdout).toContain(`its time is over; wxgate cron edit ${answer.id} --at`);
  });

  it("whose command is written wrongly is refused in words", async () => {
    const gateway = await startGateway();
    const add = (...args: readonly string[]) => gateway.cli("cron", "add", ...args);
    const whole = ["--name", "x", "--message", "hi"];

    const nameless = await add("--cron", "0 9 * * *", "--message", "hi");
    const timeless = await add(...whole);
    const both = await add(...whole, "--cron", "0 9 * * *", "--at", soon(9_000));
    const expression = await add(...whole, "--cron", "at nine");
    const zone = await add(...whole, "--cron", "0 9 * * *", "--tz", "Beijing");
    const channel = await add(...whole, "--cron", "0 9 * * *", "--channel", "nowhere", "--to", "x");

    expect([nameless.code, timeless.code, both.code]).toEqual([2, 2, 2]);
    expect([expression.code, zone.code, channel.code]).toEqual([1, 1, 1]);
    expect(expression.stderr).toContain('"at nine" is no cron expression');
    expect(zone.stderr).toContain('there is no time zone "Beijing"');
    expect(channel.stderr).toContain('no channel is called "nowhere"');
  });

  it("is described in OpenAPI", async () => {
    const gateway = await startGateway();

    const { paths } = await gateway.api<{ paths: Record<string, object> }>("/api/openapi.json");

    expect(Object.keys(paths["/api/schedules/{id}"] ?? {}).sort()).toEqual(["delete", "get", "patch"]);
  });
});

describe("schedules of a gateway that is killed", () => {
  it("fire every due time once, however often it dies", async () => {
    const gateway = await startGateway({ config: { agents: { echo: { type: "echo" } }, log: { level: "warn" } } });
    const second = { kind: "cron", expression: "* * * * * *", timeZone: "UTC" };
    const { id } = await gateway.api<Schedule>("/api/schedules", {
      method: "POST",
      body: { name: "every second", timing: second, action: { kind: "ask", prompt: "tick" }, missed: "all" },
    });

    const from = Date.now();
    for (let kill = 0; kill < 5; kill += 1) {
      await new Promise((resolve) => setTimeout(resolve, 400 + 900 * Math.random()));
      await gateway.kill9();
      await gateway.restart();
    }
    const until = Math.floor(Date.now() / 1_000) * 1_000;
    const runs = await waitFor(
      async () => {
        const { items } = await gateway.api<{ items: readonly Run[] }>(`/api/schedules/${id}/runs?limit=200`);
        const wanted = items.filter(({ dueAt }) => dueAt <= until);
        return wanted.some(({ dueAt }) => dueAt === until) && wanted.every(({ state }) => state === "done") && wanted;
      },
      { timeoutMs: 30_000 },
    );

    const times = runs.map(({ dueAt }) => dueAt).sort((a, b) => a - b);
    const first = times[0] ?? 0;
    expect(first - from).toBeLessThan(2_000);
    expect(times).toEqual(Array.from({ length: (until - first) / 1_000 + 1 }, (_, at) => first + at * 1_000));
    expect(runs.every(({ text }) => text === "You said: tick")).toBe(true);
  }, 90_000);

  it("that fell due while it was down fire at the next start, once", async () => {
    const gateway = await startGateway();
    const target = await customer(gateway);
    const args = ["--at", soon(1_500), "--text", "late", "--channel", "support", "--to", target];
    const { answer } = await cron(gateway, "add", "--name", "late", ...args);
    await gateway.kill9();

    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await gateway.restart();
    await waitFor(() => fromSchedules(gateway).length === 1);
    await gateway.stop();
    await gateway.restart();
    await new Promise((resolve) => setTimeout(resolve, 1_500));

    expect(fromSchedules(gateway)).toEqual(["late"]);
    expect((await cron(gateway, "runs", answer.id)).answer.items).toHaveLength(1);
  }, 60_000);
});
