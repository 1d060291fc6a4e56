import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSimulator } from "@wxgate/simulator";
import { describe, expect, it, onTestFinished } from "vitest";
import { kfChannel, runCli } from "./harness.ts";

async function setUp() {
  const sim = await startSimulator();
  const dir = mkdtempSync(join(tmpdir(), "wxgate-init-"));
  onTestFinished(async () => {
    await sim.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const { corpId, secret, token, encodingAESKey } = kfChannel(sim) as Record<string, string>;
  const flags = ["--type", "kf", "--corp-id", corpId, "--token", token, "--encoding-aes-key", encodingAESKey];
  const rest = ["--api-base-url", sim.url, "--agent", "echo"];
  const init = (...more: readonly string[]) => runCli(dir, ["init", ...(flags as string[]), ...rest, ...more]);
  return { dir, init, secret: secret ?? "" };
}

describe("init", () => {
  it("asks nothing when every question is answered by a flag, and writes what check finds right", async () => {
    const { dir, init, secret } = await setUp();

    const made = await init("--secret", secret);
    const checked = await runCli(dir, ["check"]);

    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(made.stdout).toContain("WeCom takes these credentials.");
    expect(checked.code).toBe(0);
    const yaml = readFileSync(join(dir, "wxgate.yaml"), "utf8");
    expect(yaml).toMatch(/^# Made by[\s\S]*# WeChat Customer Service/);
    expect(yaml + made.stdout).not.toContain(secret);
  });

  it("writes nothing when the platform refuses the credentials, and says what to do", async () => {
    const { dir, init } = await setUp();

    const { code, stderr } = await init("--secret", "another-consoles-secret");

    expect(code).toBe(1);
    expect(stderr).toMatch(/40001[\s\S]*secret/i);
    expect(stderr).not.toContain("another-consoles-secret");
    expect(() => readFileSync(join(dir, "wxgate.yaml"))).toThrow("ENOENT");
  });

  it("overwrites nothing without --force", async () => {
    const { init, secret } = await setUp();
    await init("--secret", secret);

    const again = await init("--secret", secret);
    const forced = await init("--secret", secret, "--force");

    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("--force") });
    expect(forced.code).toBe(0);
  });

  it("names the flag that is missing where nobody can be asked", async () => {
    const { dir } = await setUp();

    const { code, stderr } = await runCli(dir, ["init", "--type", "wecom-bot-ws"]);

    expect([code, stderr]).toEqual([2, "--bot-id is missing: Bot ID\n"]);
  });
});
