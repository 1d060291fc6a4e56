import { describe, expect, it } from "vitest";
import { parseJson5 } from "./json5.ts";
import { importOpenClaw, parseOpenClaw } from "./openclaw.ts";
import { envLines, writeConfig } from "./write.ts";

const surroundings = { supports: () => true, home: "/home/me" };
const placeholder = (name: string) => `\${${name}}`;
const imported = (config: unknown, jobs?: unknown) => importOpenClaw(config, jobs, surroundings);
const channelsOf = (config: unknown) =>
  Object.fromEntries([...imported(config).channels].map(([id, { type, keys }]) => [id, { type, ...keys }]));

describe("an OpenClaw file", () => {
  it("is read as JSON5: comments, bare keys, single quotes, trailing commas, numbers", () => {
    const text = `// the bot
      { channels: { wecom: { 'token': "a\\u0062\\n", list: [1, +2, -.5, 0x10, 1e3,], /* off */ on: false, n: null, }, }, }`;

    expect(parseJson5(text)).toEqual({
      channels: { wecom: { token: "ab\n", list: [1, 2, -0.5, 16, 1000], on: false, n: null } },
    });
  });

  it("is read as JSON and as YAML, too", () => {
    const wanted = { channels: { wecom: { token: "t" } } };

    expect(parseOpenClaw(JSON.stringify(wanted))).toEqual(wanted);
    expect(parseOpenClaw("# mine\nchannels:\n  wecom:\n    token: t\n")).toEqual(wanted);
  });

  it.each(["{ a: ", "{ a: 1 b: 2 }", '{ "a": "x }', "{ a: 1 } b", "[1, 2]"])("is refused when broken: %s", (text) => {
    expect(() => parseOpenClaw(text)).toThrow(/line|mapping/);
  });
});

describe("channels.wecom", () => {
  const agent = { corpId: "ww1", corpSecret: "s", agentId: 1000002, token: "t", encodingAESKey: "k" };

  it("with a bot and an app becomes two channels on their old paths, the app in reserve for the bot", () => {
    expect(channelsOf({ channels: { wecom: { enabled: true, botId: "b1", secret: "s1", agent } } })).toEqual({
      "wecom-app": {
        type: "wecom-agent-xml",
        corpId: "ww1",
        secret: "s",
        agentId: 1000002,
        token: "t",
        encodingAESKey: "k",
        path: ["/plugins/wecom/agent/default", "/plugins/wecom/agent", "/wecom/agent", "/wecom/agent/default"],
      },
      wecom: { type: "wecom-bot-ws", botId: "b1", secret: "s1", fallback: "wecom-app" },
    });
  });

  it("with accounts: each overrides what stands above; the default one answers on /default, too", () => {
    const channels = channelsOf({
      channels: {
        wecom: {
          enabled: true,
          defaultAccount: "main",
          dmPolicy: "open",
          accounts: {
            main: { botId: "b1", secret: "s1", agent: { ...agent, dmPolicy: "pairing" } },
            support: { dmPolicy: "allowlist", allowFrom: ["admin1"], agent: { ...agent, agentId: 1000003 } },
          },
        },
      },
    });

    expect(Object.keys(channels)).toEqual(["wecom-main-app", "wecom-main", "wecom-support-app"]);
    expect(channels).toMatchObject({
      "wecom-main-app": {
        dmPolicy: "pairing",
        path: [
          "/plugins/wecom/agent/main",
          "/plugins/wecom/agent/default",
          "/plugins/wecom/agent",
          "/wecom/agent",
          "/wecom/agent/main",
        ],
      },
      "wecom-main": { dmPolicy: "open" },
      "wecom-support-app": {
        dmPolicy: "allowlist",
        allowFrom: ["admin1"],
        path: ["/plugins/wecom/agent/support", "/plugins/wecom/agent", "/wecom/agent", "/wecom/agent/support"],
      },
    });
  });

  it("keeps who may write to an app, also where the older dm says it", () => {
    const draft = imported({
      channels: {
        wecom: {
          enabled: true,
          accounts: { main: { agent: { ...agent, dm: { policy: "allowlist", allowFrom: ["boss"] } } } },
        },
      },
    });

    expect(draft.channels.get("wecom-main-app")?.keys).toMatchObject({ dmPolicy: "allowlist", allowFrom: ["boss"] });
    expect(draft.lost).toEqual([]);
  });

  it.each([[{ dm: "pairing" }], [{ dm: { policy: ["pairing"] } }], [{ dmPolicy: false }]])(
    "lets nobody in where it cannot be read who may write, and says so: %j",
    (strange) => {
      const draft = imported({
        channels: { wecom: { enabled: true, dmPolicy: "open", agent: { ...agent, ...strange } } },
      });

      expect(draft.channels.get("wecom-app")?.keys.dmPolicy).toBe("disabled");
      expect(draft.notes.join()).toContain("channels.wecom.agent: who may write to it could not be read");
    },
  );

  it("in callback mode, the older shape: webhookPath, dm.policy, an empty receiveId", () => {
    const config = `{ channels: { wecom: { enabled: true, webhookPath: "/wecom", token: "T", encodingAESKey: "K",
      receiveId: "", welcomeText: "你好", dm: { policy: "pairing", allowFrom: ["userid1", "userid2"] } } } }`;

    expect(channelsOf(parseOpenClaw(config))).toEqual({
      wecom: {
        type: "wecom-bot-webhook",
        token: "T",
        encodingAESKey: "K",
        receiveId: "",
        path: ["/wecom", "/plugins/wecom/bot/default", "/plugins/wecom/bot", "/wecom/bot"],
        dmPolicy: "pairing",
        allowFrom: ["userid1", "userid2"],
        welcomeText: "你好",
      },
    });
  });

  it("carries network, media, groups and dynamic agents", () => {
    const draft = imported({
      channels: {
        wecom: {
          enabled: true,
          botId: "b",
          secret: "s",
          websocketUrl: "wss://example.com",
          mediaLocalRoots: ["~/files", "/srv"],
          media: { maxBytes: 1024, retentionHours: 3, tempDir: "/tmp/x" },
          network: { timeoutMs: 5000, retries: 2, egressProxyUrl: "http://proxy:1" },
          groupPolicy: "allowlist",
          groupAllowFrom: ["g1"],
          groups: { g1: { allowFrom: ["u1"] } },
          dynamicAgents: { enabled: true, adminUsers: ["boss"] },
        },
      },
    });

    expect(draft.channels.get("wecom")?.keys).toMatchObject({
      url: "wss://example.com",
      mediaLocalRoots: ["/home/me/files", "/srv"],
      network: { timeoutMs: 5000, retries: 2 },
      egressProxyUrl: "http://proxy:1",
      groups: { g1: { allowFrom: ["u1"] } },
      dynamicAgents: { enabled: true, adminUsers: ["boss"] },
    });
    expect(draft.sections.get("media")).toEqual({ maxBytes: 1024, retentionHours: 3 });
    expect(draft.lost).toEqual(["channels.wecom.media.tempDir"]);
  });

  it("carries who may use commands, and progress lines of the WeChat bot", () => {
    const draft = imported({
      channels: {
        wecom: { enabled: true, botId: "b", secret: "s", commands: { allowFrom: ["boss"] } },
        "openclaw-weixin": { enabled: true, replyProgressMessages: true },
      },
    });

    expect(draft.channels.get("wecom")?.keys.commands).toEqual({ allowFrom: ["boss"] });
    expect(draft.channels.get("weixin")?.keys.toolProgress).toBe(true);
    expect(draft.lost).toEqual([]);
  });

  it("says once what an app without its number lacks", () => {
    const agent = { corpId: "ww1", corpSecret: "s", token: "t", encodingAESKey: "k" };

    const { lost } = imported({ channels: { wecom: { enabled: true, agent } } });

    expect(lost).toEqual([expect.stringMatching(/^channels\.wecom\.agent: without agentId nothing can be answered/)]);
  });

  it("is written without anchors where two channels share a value", () => {
    const agent = { corpId: "ww1", corpSecret: "s", agentId: 1, token: "t", encodingAESKey: "k" };
    const draft = imported({
      channels: { wecom: { enabled: true, botId: "b", secret: "s", agent, groups: { g1: { allowFrom: ["u1"] } } } },
    });

    expect(writeConfig(draft, false).yaml).not.toMatch(/[&*]a\d/);
  });

  it("that was not switched on stays off, and that is said", () => {
    const draft = imported({ channels: { wecom: { botId: "b", secret: "s" } } });

    expect(draft.channels.get("wecom")?.keys.enabled).toBe(false);
    expect(draft.notes.join()).toContain("enabled: true");
  });

  it("says which keys it does not know", () => {
    expect(imported({ channels: { wecom: { enabled: true, botId: "b", secret: "s", sparkle: 1 } } }).lost).toEqual([
      "channels.wecom.sparkle",
    ]);
  });
});

describe("the WeChat channels", () => {
  it("keep the path and the port of customer service", () => {
    const kf = { enabled: true, corpId: "ww1", appSecret: "s", token: "t", encodingAESKey: "k", dmPolicy: "open" };
    const draft = imported({ channels: { "wechat-kf": kf } });

    expect(draft.channels.get("kf")).toMatchObject({ type: "kf", keys: { secret: "s", path: "/wechat-kf" } });
    expect(draft.sections.get("server")).toEqual({ port: 9999 });
  });

  it("need a new login on iLink, and that is said", () => {
    const draft = imported({ plugins: { entries: { "openclaw-weixin": { enabled: true } } } });

    expect([...draft.channels.keys()]).toEqual(["weixin"]);
    expect(draft.notes.join()).toContain("wxgate login weixin");
  });
});

describe("bindings, agents and jobs", () => {
  const wecom = {
    enabled: true,
    defaultAccount: "main",
    accounts: {
      main: { botId: "b1", secret: "s1", agent: { corpId: "ww1", corpSecret: "s", agentId: 1, token: "t" } },
      other: { botId: "b2", secret: "s2" },
    },
  };
  const bindings = [
    { agentId: "ops", match: { channel: "wecom", accountId: "main", peer: { kind: "group", id: "g1" } } },
    { agentId: "sales", match: { channel: "wecom", accountId: "main" } },
  ];
  const job = {
    id: "daily-report",
    name: "Daily Report",
    agentId: "main",
    enabled: true,
    schedule: { kind: "cron", expr: "0 9 * * 1-5", tz: "Asia/Shanghai" },
    sessionTarget: "isolated",
    payload: { kind: "agentTurn", message: "Generate today's briefing and send it." },
    delivery: { mode: "announce", channel: "wecom", to: "wecom:party:1", accountId: "main" },
  };

  it("lead to the same agents, asked over OpenClaw's HTTP interface", () => {
    const draft = imported({ channels: { wecom }, bindings, gateway: { port: 1234, auth: { token: "g" } } });

    expect(draft.bindings).toEqual([
      { channel: "wecom-main-app", group: "g1", agent: "ops" },
      { channel: "wecom-main", group: "g1", agent: "ops" },
      { channel: "wecom-main-app", agent: "sales" },
      { channel: "wecom-main", agent: "sales" },
    ]);
    expect(draft.agents.get("ops")).toEqual({
      type: "openclaw",
      baseUrl: "http://127.0.0.1:1234",
      token: "g",
      agentId: "ops",
    });
    expect(draft.notes.join()).toContain("wecom-other: without a binding nobody answered there");
  });

  it("go out through the app, as jobs did", () => {
    const { schedules, agents } = imported({ channels: { wecom } }, { version: 1, jobs: [job] });

    expect(schedules).toEqual([
      {
        name: "Daily Report",
        enabled: true,
        timing: { kind: "cron", expression: "0 9 * * 1-5", timeZone: "Asia/Shanghai" },
        action: {
          kind: "ask",
          prompt: "Generate today's briefing and send it.",
          agent: "main",
          to: { channel: "wecom-main-app", target: "party:1" },
        },
      },
    ]);
    expect([...agents.keys()]).toEqual(["main"]);
  });

  it("say which job could not be taken over, and why", () => {
    const odd = [
      { ...job, name: "odd", schedule: { kind: "every", everyMs: 420_000 } },
      { ...job, name: "elsewhere", delivery: { mode: "announce", channel: "slack", to: "x" } },
    ];

    const { schedules, lost } = imported({ channels: { wecom } }, { jobs: odd });

    expect(schedules).toEqual([]);
    expect(lost.join("\n")).toMatch(/job odd: its schedule .*\njob elsewhere: its channel slack/);
  });
});

describe("secrets", () => {
  const draft = imported({
    channels: { wecom: { enabled: true, botId: "b", secret: "it's secret" } },
    gateway: { auth: { token: placeholder("GATEWAY_TOKEN") } },
  });

  it("become names in the file and values for the environment; names that were there stay", () => {
    const { yaml, secrets } = writeConfig(draft, false);

    expect(yaml).toContain(`secret: ${placeholder("WXGATE_WECOM_SECRET")}`);
    expect(yaml).toContain(`token: ${placeholder("GATEWAY_TOKEN")}`);
    expect(yaml).not.toContain("it's secret");
    expect(envLines(secrets)).toBe('WXGATE_WECOM_SECRET="it\'s secret"\n');
  });

  it("stay in the file when that is wanted", () => {
    const { yaml, secrets } = writeConfig(draft, true);

    expect(yaml).toContain("it's secret");
    expect(secrets.size).toBe(0);
  });
});
