import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSimulator } from "@wxgate/simulator";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse } from "yaml";
import { ACCOUNT, kfChannel, runCli, startGateway, waitFor } from "./harness.ts";

const KEY = "2wgSqGrnzYN2884VE2DB2Je22gxxXmGrpgsGKzvQxwE";

function emptyFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), "wxgate-import-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const wecom = (accounts: object) =>
  JSON.stringify({ channels: { wecom: { enabled: true, defaultAccount: "main", dmPolicy: "open", accounts } } });
const app = (agentId: number) => ({
  agent: { corpId: "ww1234567890abcdef", corpSecret: "app-secret", agentId, token: "cb-token", encodingAESKey: KEY },
});

/** The published examples, with keys of the right length. */
const EXAMPLES: Readonly<Record<string, string>> = {
  "the KF plugin's YAML": `channels:\n  wechat-kf:\n    enabled: true\n    corpId: "ww1"\n    appSecret: "kf-secret"
    token: "cb-token"\n    encodingAESKey: "${KEY}"\n    webhookPort: 9999\n    webhookPath: "/wechat-kf"
    dmPolicy: "open"\n    # allowFrom:\n    #   - "external_userid_1"\n`,
  "an app alone": JSON.stringify({ channels: { wecom: { enabled: true, ...app(1000002) } } }),
  "a bot and an app": JSON.stringify({
    channels: { wecom: { enabled: true, botId: "bot", secret: "bot-secret", ...app(1000002) } },
  }),
  "two accounts": wecom({
    main: { botId: "bot-id-1", secret: "bot-secret", ...app(1000002) },
    support: { dmPolicy: "allowlist", allowFrom: ["admin1"], ...app(1000003) },
  }),
  "a bot in callback mode, in JSON5": `// the older shape
    { channels: { wecom: { enabled: true, webhookPath: "/wecom", token: "cb-token", encodingAESKey: "${KEY}",
      receiveId: "", welcomeText: "hi", dm: { policy: "pairing", allowFrom: ["userid1"] } } } }`,
  "the iLink plugin": `{ plugins: { entries: { "openclaw-weixin": { enabled: true } } } }`,
};

describe("an imported configuration", () => {
  it.each(Object.entries(EXAMPLES))("is right: %s", async (_, text) => {
    const dir = emptyFolder();
    writeFileSync(join(dir, "openclaw.json"), text);

    const imported = await runCli(dir, ["import", "openclaw", "openclaw.json"]);
    const checked = await runCli(dir, ["check"]);

    expect(imported).toMatchObject({ code: 0, stderr: "" });
    expect(checked).toMatchObject({ code: 0, stderr: "" });
    const shown = imported.stdout + readFileSync(join(dir, "wxgate.yaml"), "utf8");
    for (const secret of [KEY, "cb-token", "app-secret", "kf-secret", "bot-secret"])
      expect(shown).not.toContain(secret);
  });

  it("starts and answers on its old path, and its jobs fire", async () => {
    const sim = await startSimulator();
    onTestFinished(() => sim.close());
    const { corpId, secret, token, encodingAESKey } = kfChannel(sim);
    const dir = emptyFolder();
    mkdirSync(join(dir, "cron"));
    const kf = { enabled: true, corpId, appSecret: secret, token, encodingAESKey };
    writeFileSync(join(dir, "openclaw.json"), JSON.stringify({ channels: { "wechat-kf": kf } }));
    const delivery = { mode: "none" };
    const payload = { kind: "agentTurn", message: "news?" };
    const schedule = { kind: "cron", expr: "0 9 * * *", tz: "Asia/Shanghai" };
    const jobs = [{ id: "j1", name: "news", schedule, sessionTarget: "isolated", payload, delivery }];
    writeFileSync(join(dir, "cron", "jobs.json"), JSON.stringify({ version: 1, jobs }));
    await runCli(dir, ["import", "openclaw", "openclaw.json"]);
    const config = parse(readFileSync(join(dir, "wxgate.yaml"), "utf8")) as {
      channels: { kf: Record<string, unknown> };
    };

    // Elsewhere than at Tencent, with an agent that needs no other program.
    const gateway = await startGateway({
      sim,
      files: { ".env": readFileSync(join(dir, ".env"), "utf8") },
      config: { channels: { kf: { ...config.channels.kf, apiBaseUrl: sim.url } }, agents: { echo: { type: "echo" } } },
    });
    await sim.registerCallback(ACCOUNT, `${gateway.publicUrl}/wechat-kf`);
    await gateway.customerWrites("hello");
    await waitFor(() => gateway.repliesTo().length === 1);
    const file = join(dir, "wxgate-schedules.json");
    const added = await gateway.cli("cron", "add", "--file", file);
    const again = await gateway.cli("cron", "add", "--file", file);
    const list = await gateway.cli("cron", "list");

    expect(gateway.repliesTo()).toEqual(["You said: hello"]);
    expect([added.code, again.code]).toEqual([0, 0]);
    expect(again.stdout).toContain("news is there already");
    expect(list.stdout.match(/news/g)).toHaveLength(2);
  });
});

describe("import openclaw", () => {
  it("keeps secrets in a file of their own, mode 0600, or in the configuration when told to", async () => {
    const dir = emptyFolder();
    writeFileSync(join(dir, "openclaw.json"), EXAMPLES["an app alone"] ?? "");
    writeFileSync(join(dir, ".env"), "OTHER=1");

    await runCli(dir, ["import", "openclaw", "openclaw.json"]);
    await runCli(dir, ["import", "openclaw", "openclaw.json", "--inline-secrets", "--config", "inline.yaml"]);

    expect(statSync(join(dir, ".env")).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(dir, ".env"), "utf8")).toMatch(/^OTHER=1\n[\s\S]*WXGATE_WECOM_APP_SECRET='app-secret'\n/);
    expect(statSync(join(dir, "inline.yaml")).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(dir, "inline.yaml"), "utf8")).toContain("app-secret");
  });

  it("overwrites nothing unless told to", async () => {
    const dir = emptyFolder();
    writeFileSync(join(dir, "openclaw.json"), EXAMPLES["an app alone"] ?? "");
    writeFileSync(join(dir, "wxgate.yaml"), "channels: {}\n");

    const refused = await runCli(dir, ["import", "openclaw", "openclaw.json"]);
    const forced = await runCli(dir, ["import", "openclaw", "openclaw.json", "--force", "--json"]);

    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("--force") });
    expect([forced.code, JSON.parse(forced.stdout).channels]).toEqual([
      0,
      [{ id: "wecom-app", type: "wecom-agent-xml" }],
    ]);
  });

  it("says plainly that a file is unreadable, without repeating what is in it", async () => {
    const dir = emptyFolder();
    writeFileSync(join(dir, "broken.json"), `{ channels: { wecom: { secret: "my-secret" "x" } } }`);

    const broken = await runCli(dir, ["import", "openclaw", "broken.json"]);
    const missing = await runCli(dir, ["import", "openclaw", "missing.json"]);

    expect([broken.code, missing.code]).toEqual([1, 1]);
    expect(broken.stderr).toMatch(/neither JSON, JSON5 nor YAML .*line 1/);
    expect(broken.stderr).not.toContain("my-secret");
    expect(missing.stderr).toContain("cannot be read (ENOENT)");
  });
});
