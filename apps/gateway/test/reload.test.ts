import { describe, expect, it } from "vitest";
import { kfChannel, startGateway, waitFor } from "./harness.ts";

interface Reloaded {
  readonly changed: readonly string[];
  readonly needsRestart: readonly string[];
}

describe("reload", () => {
  it("takes up a changed agent at once and leaves the channels alone", async () => {
    const gateway = await startGateway();

    gateway.writeConfig({ agents: { echo: { type: "echo", prefix: "Echo: " } } });
    const result = await gateway.api<Reloaded>("/api/reload", { method: "POST" });
    await gateway.customerWrites("hello");

    expect(result).toEqual({ changed: ["agents.echo"], needsRestart: [] });
    await waitFor(() => gateway.repliesTo().length === 1);
    expect(gateway.repliesTo()).toEqual(["Echo: hello"]);
  });

  it("mounts a new channel and ends one that is gone", async () => {
    const gateway = await startGateway();

    gateway.writeConfig({ channels: { second: kfChannel(gateway.sim, { path: "/hooks/second" }) } });
    const result = await gateway.api<Reloaded>("/api/reload", { method: "POST" });
    const statuses = await Promise.all(
      ["/webhooks/support", "/hooks/second"].map(async (path) => (await fetch(`${gateway.publicUrl}${path}`)).status),
    );

    expect(result.changed).toEqual(["channels.second", "channels.support"]);
    expect(statuses).toEqual([404, 400]);
  });

  it("makes no new channel when only who may write changes, and what the gateway says to the others", async () => {
    const gateway = await startGateway();
    const looksForAccounts = () => gateway.log().split('"account changed"').length - 1;
    await waitFor(() => looksForAccounts() === 2);

    const more = { dmPolicy: "disabled", notices: { denied: "not today" } };
    gateway.writeConfig({ channels: { support: kfChannel(gateway.sim, more) } });
    const result = await gateway.api<Reloaded>("/api/reload", { method: "POST" });
    await gateway.customerWrites("hello");
    await waitFor(() => gateway.log().includes('"outcome":"denied"'));

    expect(result.changed).toEqual(["channels.support"]);
    await waitFor(() => gateway.repliesTo().length > 0);
    expect(gateway.repliesTo()).toEqual(["not today"]);
    expect(looksForAccounts()).toBe(2);
  });

  it("refuses a wrong file, says where, and goes on with the old one", async () => {
    const gateway = await startGateway();
    gateway.writeConfig({ agnets: {} });

    const { code, stderr } = await gateway.cli("reload");
    await gateway.customerWrites("hello");

    expect(code).toBe(1);
    expect(stderr).toMatch(/^ {2}\S*wxgate\.yaml:1:\d+ {2}agnets: unknown key; did you mean "agents"\?$/m);
    await waitFor(() => gateway.repliesTo().length === 1);
  });

  it("says what takes a restart", async () => {
    const gateway = await startGateway();

    gateway.writeConfig({ store: "sqlite:./data/other.db" });
    const result = await gateway.api<Reloaded>("/api/reload", { method: "POST" });

    expect(result).toEqual({ changed: [], needsRestart: ["store"] });
  });

  it("happens on SIGHUP, too", async () => {
    const gateway = await startGateway();

    gateway.writeConfig({ log: { level: "info" } });
    gateway.signal("SIGHUP");

    await waitFor(() => gateway.log().includes("configuration reloaded"));
    expect(gateway.log()).toContain('"changed":["log"]');
  });

  it("moves the public server to another port", async () => {
    const gateway = await startGateway();
    const other = Number(new URL(gateway.publicUrl).port) + 1;

    gateway.writeConfig({ server: { host: "127.0.0.1", port: other } });
    await gateway.api("/api/reload", { method: "POST" });

    const response = await fetch(`http://127.0.0.1:${other}/healthz`);
    expect(response.status).toBe(200);
    await expect(fetch(`${gateway.publicUrl}/healthz`)).rejects.toThrow();
  });
});

describe("a reload after the secret was set right", () => {
  it("sends at once what waited for the operator", async () => {
    const gateway = await startGateway();
    await gateway.customerWrites("hello");
    await waitFor(() => gateway.repliesTo().length === 1);
    gateway.sim.setFaults([{ name: "qyapi.errcode", target: "kf/send_msg", value: 48002, count: 1 }]);

    await gateway.customerWrites("and now?");
    await waitFor(() => gateway.log().includes("delivery failed"));
    gateway.writeConfig({ channels: { support: kfChannel(gateway.sim, { welcomeText: "changed" }) } });
    await gateway.cli("reload");

    await waitFor(() => gateway.repliesTo().length === 2, { timeoutMs: 8_000 });
    expect(gateway.repliesTo()).toEqual(["You said: hello", "You said: and now?"]);
  });
});
