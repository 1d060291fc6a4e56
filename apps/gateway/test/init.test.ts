import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSimulator } from "@wxgate/simulator";
import { describe, expect, it, onTestFinished } from "vitest";
import { appChannel, botChannel, LONG_BOT } from "./bots.ts";
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
  return { sim, dir, init, secret: secret ?? "" };
}

describe("init", () => {
  it("asks nothing when every question is answered by a flag, and writes what check finds right", async () => {
    const { dir, init, secret } = await setUp();

    const made = await init("--secret", secret);
    const checked = await runCli(dir, ["check"]);

    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(made.stdout).toContain("WeCom takes these credentials.");
    expect(made.stdout).toMatch(/Token and EncodingAESKey could not be tried from here: the console does it/);
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

  it("says that something else answers where the platform should be", async () => {
    const { dir, init, secret } = await setUp();
    const portal = createServer((_request, response) => void response.end("<html>Please sign in</html>"));
    await new Promise<void>((resolve) => portal.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void portal.close());
    const { port } = portal.address() as AddressInfo;

    const { code, stderr } = await init("--secret", secret, "--api-base-url", `http://127.0.0.1:${port}`);

    expect([code, stderr]).toEqual([1, expect.stringMatching(/^WeCom's answer to gettoken is not JSON/)]);
    expect(() => readFileSync(join(dir, "wxgate.yaml"))).toThrow("ENOENT");
  });

  it("makes an app that only sends when neither Token nor key is given, and says what was not tried", async () => {
    const { dir, sim } = await setUp();
    const { corpId, secret, agentId } = appChannel(sim) as Record<string, string>;
    const app = ["--type", "wecom-agent-xml", "--corp-id", corpId ?? "", "--secret", secret ?? "", "--agent", "echo"];
    const flags = [...app, "--agent-id", String(agentId), "--api-base-url", sim.url];

    const half = await runCli(dir, ["init", ...flags, "--token", "abc"]);
    const made = await runCli(dir, ["init", ...flags]);
    const checked = await runCli(dir, ["check"]);

    expect(half).toMatchObject({ code: 1, stderr: expect.stringContaining("encodingAESKey: is missing") });
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(made.stdout).toContain("The AgentId could not be tried");
    expect(made.stdout).not.toContain("/webhooks/");
    expect(checked.code).toBe(0);
  });

  it("tries a bot's long connection, and hangs up", async () => {
    const { dir, sim } = await setUp();
    const { botId, secret, url } = botChannel(sim) as Record<string, string>;
    const bot = ["--type", "wecom-bot-ws", "--bot-id", botId ?? "", "--api-base-url", url ?? "", "--agent", "echo"];

    const refused = await runCli(dir, ["init", ...bot, "--secret", "of-another-bot"]);
    const made = await runCli(dir, ["init", ...bot, "--secret", secret ?? ""]);
    const checked = await runCli(dir, ["check"]);

    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/853000[\s\S]*Copy Bot ID and Secret/) });
    expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining("WeCom takes these credentials.") });
    expect(checked.code).toBe(0);
    expect(sim.screen({ account: LONG_BOT, user: "nobody" }).chat.state).not.toBe(0);
  });

  it("writes where a personal bot's platform is under the name its channel knows", async () => {
    const { dir, sim } = await setUp();

    const made = await runCli(dir, ["init", "--type", "weixin-ilink", "--api-base-url", sim.url, "--agent", "echo"]);
    const checked = await runCli(dir, ["check"]);

    expect([made.code, checked.code]).toEqual([0, 0]);
    expect(made.stdout).toContain("iLink can be reached.");
    expect(readFileSync(join(dir, "wxgate.yaml"), "utf8")).toContain(`baseUrl: ${sim.url}`);
  });

  it("writes nothing when a personal bot's platform does not answer there", async () => {
    const { dir } = await setUp();

    const { code, stderr } = await runCli(dir, [
      "init",
      "--type",
      "weixin-ilink",
      "--api-base-url",
      "http://127.0.0.1:9",
      "--agent",
      "echo",
    ]);

    expect([code, stderr]).toEqual([1, expect.stringMatching(/reach|ECONNREFUSED/)]);
    expect(() => readFileSync(join(dir, "wxgate.yaml"))).toThrow("ENOENT");
  });

  it("says that a key was copied wrongly before it asks for more", async () => {
    const { dir } = await setUp();
    const flags = ["--type", "wecom-bot-webhook", "--token", "t", "--encoding-aes-key", "too-short"];

    const { code, stderr } = await runCli(dir, ["init", ...flags]);

    expect([code, stderr]).toEqual([1, expect.stringContaining("43 characters")]);
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
