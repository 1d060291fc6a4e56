// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of the configuration, not of the language
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { registry } from "../registry.ts";
import { parseGatewayAddress } from "./address.ts";
import { agentKeys } from "./agent-keys.ts";
import { parseConfig } from "./load.ts";
import { ConfigError, type ConfigProblem, formatProblem } from "./problems.ts";

const KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const SUPPORT = `channels:
  support:
    type: kf
    corpId: ww1
    secret: s3cret
    token: tok
    encodingAESKey: ${KEY}
`;

function source(text: string, env: Record<string, string> = {}, directory = "/etc/wxgate") {
  return { file: "wxgate.yaml", text, directory, env };
}

const load = (text: string, env?: Record<string, string>, directory?: string) =>
  parseConfig(source(text, env, directory), registry);

async function problemsOf(text: string, env?: Record<string, string>): Promise<readonly ConfigProblem[]> {
  try {
    await load(text, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("a configuration that is right", () => {
  it("takes folders for files relative to itself, and those in the home of whoever runs the gateway as they are", async () => {
    const config = await load(`${SUPPORT}    mediaLocalRoots: [./open, ~/shared, /srv/files]\n`);

    expect(config.channels.support?.keys.mediaLocalRoots).toEqual(["/etc/wxgate/open", "~/shared", "/srv/files"]);
  });

  it("is complete when the file is empty: an echo agent, the default ports, a file beside it", async () => {
    const config = await load("");

    expect(config).toMatchObject({
      server: { host: "0.0.0.0", port: 8787 },
      admin: { host: "127.0.0.1", port: 8788 },
      store: "sqlite:/etc/wxgate/data/wxgate.db",
      media: { dir: "/etc/wxgate/data/media", maxBytes: 20_971_520, retentionHours: 72 },
      log: { level: "info", bodies: false },
      dispatch: { concurrency: 256, turnTimeoutMs: 600_000, mediaGraceMs: 2000, longReply: "continue", deferHours: 72 },
      agents: { echo: { type: "echo" } },
      defaultAgent: "echo",
    });
  });

  it("takes a value from the environment, a default for a blank one, and numbers where numbers are wanted", async () => {
    const config = await load(`server: { port: "\${PORT}" }\nadmin: { port: "\${ADMIN_PORT:-9001}" }\n`, {
      PORT: "9000",
      ADMIN_PORT: "",
    });

    expect([config.server.port, config.admin.port]).toEqual([9000, 9001]);
  });

  it("switches the breaker on for an agent that somebody stands in for", async () => {
    const { agents } = await load(
      "defaultAgent: a\nagents:\n  a: { type: echo, fallback: [b] }\n  b: { type: echo }\n  c: { type: echo, breaker: { enabled: true, failures: 2 } }\n",
    );

    expect(Object.values(agents).map(agentKeys)).toEqual([
      { fallback: ["b"], breaker: { failures: 5, coolDownMs: 30_000 } },
      { fallback: [] },
      { fallback: [], breaker: { failures: 2, coolDownMs: 30_000 } },
    ]);
  });

  it("leaves digits from the environment as text where text is wanted", async () => {
    const config = await load(SUPPORT.replace("s3cret", '"${KF_SECRET}"'), { KF_SECRET: "0012345" });

    expect(config.channels.support?.keys.secret).toBe("0012345");
  });

  it("takes a value from a file, without the line break at its end", async () => {
    const directory = mkdtempSync(join(tmpdir(), "wxgate-config-"));
    writeFileSync(join(directory, "secret"), "from-a-file\n");

    const config = await load(SUPPORT.replace("s3cret", '"${file:./secret}"'), {}, directory);

    expect(config.channels.support?.keys.secret).toBe("from-a-file");
  });

  it("keeps a placeholder that is written with two dollars", async () => {
    const config = await load(`${SUPPORT}    welcomeText: "type $\${NAME} or $\${"\n`);

    expect(config.channels.support?.keys.welcomeText).toBe("type ${NAME} or ${");
  });

  it("lays the channel over its type's defaults over everybody's, and groups group by group", async () => {
    const config = await load(`defaults:
  "*": { dmPolicy: allowlist, allowFrom: [a], groups: { g1: { allowFrom: [x] }, g2: { allowFrom: [y] } } }
  kf: { allowFrom: [b], welcomeText: hi }
${SUPPORT}    welcomeText: hello
    groups: { g2: { allowFrom: [z] } }
`);

    expect(config.channels.support?.keys).toMatchObject({
      dmPolicy: "allowlist",
      allowFrom: ["b"],
      welcomeText: "hello",
      groups: { g1: { allowFrom: ["x"] }, g2: { allowFrom: ["z"] } },
    });
  });

  it("takes a default for all channels that only a type which is not configured has", async () => {
    const config = await load(
      'defaults: { "*": { catchUpIntervalSeconds: 600 } }\nchannels: { me: { type: weixin-ilink } }',
    );

    expect(config.channels.me?.keys).not.toHaveProperty("catchUpIntervalSeconds");
  });

  it("makes the only agent the default one", async () => {
    expect((await load("agents: { mine: { type: echo } }")).defaultAgent).toBe("mine");
  });

  it("finds the running gateway although a channel's secret is not in this environment", () => {
    const text = `admin: { port: 9001 }\n${SUPPORT.replace("s3cret", '"${KF_SECRET}"')}`;

    expect(parseGatewayAddress(source(text)).admin.port).toBe(9001);
  });
});

describe("a configuration that is wrong", () => {
  const cases: readonly [what: string, text: string, expected: readonly string[]][] = [
    [
      "an unknown key at the top",
      "servr: { port: 1 }\n",
      ['wxgate.yaml:1:1  servr: unknown key; did you mean "server"?'],
    ],
    [
      "an unknown key inside a section",
      "server:\n  port: 8787\n  hsot: 0.0.0.0\n",
      ['wxgate.yaml:3:3  server.hsot: unknown key; did you mean "host"?'],
    ],
    [
      "a channel key in another spelling",
      SUPPORT.replace("encodingAESKey", "encoding_aes_key"),
      ['wxgate.yaml:7:5  channels.support.encoding_aes_key: unknown key; did you mean "encodingAESKey"?'],
    ],
    [
      "a key nobody could have meant",
      "log: { colour: red }\n",
      ["wxgate.yaml:1:8  log.colour: unknown key; known here: bodies, level"],
    ],
    [
      "a value of the wrong type",
      "server: { port: eighty }\n",
      ["wxgate.yaml:1:17  server.port: must be a number, not a string"],
    ],
    [
      "a number where text is wanted",
      SUPPORT.replace("s3cret", "12345"),
      ["wxgate.yaml:5:13  channels.support.secret: must be a string, not a number: put it in quotes"],
    ],
    [
      "a stand-in that does not exist, or is the agent itself",
      "defaultAgent: main\nagents:\n  main: { type: echo, fallback: [spaer, main] }\n  spare: { type: echo }\n",
      [
        'wxgate.yaml:3:34  agents.main.fallback[0]: there is no agent "spaer" in this file; did you mean "spare"?',
        "wxgate.yaml:3:41  agents.main.fallback[1]: an agent cannot stand in for itself",
      ],
    ],
    [
      "stand-ins that lead round in a circle",
      "defaultAgent: a\nagents:\n  a: { type: echo, fallback: [b] }\n  b: { type: echo, fallback: [c] }\n  c: { type: echo, fallback: [d, b] }\n  d: { type: echo }\n",
      ["wxgate.yaml:5:34  agents.c.fallback[1]: leads round in a circle: b → c → b"],
    ],
    [
      "an agent that shall write summaries and is not there, or cannot",
      "agents:\n  main: { type: openai, model: m, memory: { policy: summarize, agent: wirter } }\n  other: { type: openai, model: m, memory: { policy: summarize, agent: small } }\n  third: { type: ag-ui, url: http://a/, memory: { policy: summarize } }\n  writer: { type: module, path: ./w.mjs }\n  small: { type: echo }\ndefaultAgent: main\n",
      [
        'wxgate.yaml:2:71  agents.main.memory.agent: there is no agent "wirter" in this file; did you mean "writer"?',
        'wxgate.yaml:3:72  agents.other.memory.agent: "small" is of type echo, which writes no summaries; name an agent that does, such as one of type openai',
        'wxgate.yaml:4:59  agents.third.memory.policy: "third" is of type ag-ui, which writes no summaries; name an agent that does, such as one of type openai',
      ],
    ],
    [
      "a memory of no known policy",
      "agents:\n  main: { type: openai, model: m, memory: { policy: summarise, maxTokens: 5 } }\n",
      [
        'wxgate.yaml:2:53  agents.main.memory.policy: must be one of trim, summarize; did you mean "summarize"?',
        "wxgate.yaml:2:75  agents.main.memory.maxTokens: Too small: expected number to be >=100",
      ],
    ],
    [
      "a memory of no known policy beside a boolean",
      "agents:\n  main: { type: ag-ui, url: http://a/, memory: { policy: summarise } }\n",
      ['wxgate.yaml:2:58  agents.main.memory.policy: must be one of trim, summarize; did you mean "summarize"?'],
    ],
    [
      "a breaker that never breaks",
      "agents: { a: { type: echo, breaker: { failures: 0, coolDown: 5 } } }\n",
      [
        "wxgate.yaml:1:49  agents.a.breaker.failures: Too small: expected number to be >=1",
        'wxgate.yaml:1:52  agents.a.breaker.coolDown: unknown key; did you mean "coolDownMs"?',
      ],
    ],
    [
      "a word that is no choice",
      `${SUPPORT}    dmPolicy: allow-list\n`,
      [
        'wxgate.yaml:8:15  channels.support.dmPolicy: must be one of open, pairing, allowlist, disabled; did you mean "allowlist"?',
      ],
    ],
    [
      "an unknown channel type",
      "channels:\n  support: { type: kff }\n",
      [
        'wxgate.yaml:2:20  channels.support.type: there is no channel type "kff"; one of CHANNEL_TYPES; did you mean "kf"?',
      ],
    ],
    [
      "a channel without a type",
      "channels:\n  support: { corpId: ww1 }\n",
      ["wxgate.yaml:2:3  channels.support.type: is missing; one of CHANNEL_TYPES"],
    ],
    [
      "an access group that does not exist",
      `accessGroups: { admins: [anna] }\n${SUPPORT}    allowFrom: ["@admin"]\n`,
      [
        'wxgate.yaml:9:16  channels.support.allowFrom: there is no access group "admin" in this file; did you mean "@admins"?',
      ],
    ],
    [
      "a session that never resets",
      `${SUPPORT}    sessionReset: { timeZone: UTC }\n`,
      [
        "wxgate.yaml:8:19  channels.support.sessionReset: says neither idleMinutes nor dailyAt, so no session would end",
      ],
    ],
    [
      "a time zone that does not exist",
      `${SUPPORT}    sessionReset: { dailyAt: "04:00", timeZone: Asia/Shangai }\n`,
      ["wxgate.yaml:8:49  channels.support.sessionReset.timeZone: is no time zone; write it like Asia/Shanghai"],
    ],
    [
      "an agent that /agent cannot choose",
      `agents: { main: { type: echo } }\n${SUPPORT}    commands: { agents: [mian] }\n`,
      [
        'wxgate.yaml:9:26  channels.support.commands.agents[0]: there is no agent "mian" in this file; did you mean "main"?',
      ],
    ],
    [
      "a command that answers with nothing known",
      `${SUPPORT}    commands: { custom: { "/pic": { content: { kind: picture } } } }\n`,
      [
        'wxgate.yaml:8:46  channels.support.commands.custom."/pic".content: content.kind must be one of text, image, voice, video, file, link, articles, location, miniprogram, menu, card, handoff, native',
      ],
    ],
    [
      "an agent that does not exist",
      `agents: { ops: { type: echo } }\ndefaultAgent: opps\n`,
      ['wxgate.yaml:2:15  defaultAgent: there is no agent "opps" in this file; did you mean "ops"?'],
    ],
    [
      "a binding to a channel that does not exist",
      `${SUPPORT}bindings:\n  - { channel: suport, agent: echo }\n`,
      ['wxgate.yaml:9:16  bindings[0].channel: there is no channel "suport" in this file; did you mean "support"?'],
    ],
    [
      "several agents and no default",
      `agents:\n  a: { type: echo }\n  b: { type: echo }\n${SUPPORT}`,
      [
        "wxgate.yaml:1:1  agents: several agents are configured and none is the default, so nobody answers in support; write defaultAgent: a",
      ],
    ],
    [
      "a variable that is not set",
      'admin: { token: "${NOT_SET}" }\n',
      [
        "wxgate.yaml:1:17  admin.token: the environment variable NOT_SET is not set; set it or write ${NOT_SET:-default}",
      ],
    ],
    [
      "a placeholder that is not closed",
      'admin: { token: "${ADMIN_TOKEN" }\n',
      ["wxgate.yaml:1:17  admin.token: has a ${ without its }; close it, or write $${ for a plain ${"],
    ],
    [
      "a file that is not there",
      'admin: { token: "${file:/nowhere/token}" }\n',
      ["wxgate.yaml:1:17  admin.token: cannot read the file /nowhere/token: ENOENT"],
    ],
    [
      "a default for all channels that no type has",
      'defaults: { "*": { catchUpIntervalSecond: 600 } }\nchannels: { me: { type: weixin-ilink } }\n',
      ['wxgate.yaml:1:20  defaults.*.catchUpIntervalSecond: unknown key; did you mean "catchUpIntervalSeconds"?'],
    ],
    [
      "a credential in the defaults",
      `defaults:\n  kf: { secret: s }\n${SUPPORT}`,
      ["wxgate.yaml:2:9  defaults.kf.secret: credentials are never inherited; write it under each channel"],
    ],
    [
      "a wrong default, said once and where it stands",
      `defaults:\n  kf: { dmPolicy: opne }\n${SUPPORT}  second: { type: kf, corpId: ww1, secret: b, token: c, encodingAESKey: ${KEY} }\n`,
      [
        'wxgate.yaml:2:19  defaults.kf.dmPolicy: must be one of open, pairing, allowlist, disabled; did you mean "open"?',
      ],
    ],
    [
      "defaults for a type that does not exist",
      `defaults:\n  wecomkf: { welcomeText: hi }\n`,
      ['wxgate.yaml:2:3  defaults.wecomkf: there is no channel type "wecomkf"; one of *, CHANNEL_TYPES'],
    ],
    [
      "an admin server open to everybody",
      "admin: { host: 0.0.0.0 }\n",
      [
        "wxgate.yaml:1:16  admin.host: the admin server would be open to the network at 0.0.0.0; set admin.token to a long random text, or use 127.0.0.1",
      ],
    ],
    [
      "one port for both servers",
      "server: { port: 9000 }\nadmin: { port: 9000 }\n",
      ["wxgate.yaml:2:16  admin.port: both servers want port 9000; give them different ones"],
    ],
    ...["a@canary", "a/canary", "a#canary", "a?canary"].map((password): [string, string, string[]] => [
      `a database's password with a sign that ends it: ${password[1]}`,
      `store: "postgres://wxgate:${password}@host/db?application_name=a@b"\n`,
      [
        "wxgate.yaml:1:8  store: holds user or password with signs an address cannot: write @ as %40, / as %2F, # as %23, ? as %3F",
      ],
    ]),
    [
      "a store nobody knows",
      "store: mysql://host/db\n",
      ["wxgate.yaml:1:8  store: must be sqlite:<file> or postgres://user:password@host/database"],
    ],
    [
      "a webhook path that is no path",
      `${SUPPORT}    path: webhooks/support\n`,
      [
        "wxgate.yaml:8:11  channels.support.path: must be a path that begins with / and holds no ? or #, like /webhooks/support",
      ],
    ],
    ["a doubled key", "log: { level: info }\nlog: { level: warn }\n", ["wxgate.yaml:2:1  Map keys must be unique"]],
    [
      "several things at once",
      `sever: {}\nlog: { level: loud }\n${SUPPORT}    welcomeTxt: hi\n`,
      [
        'wxgate.yaml:1:1  sever: unknown key; did you mean "server"?',
        "wxgate.yaml:2:15  log.level: must be one of debug, info, warn, error",
        'wxgate.yaml:10:5  channels.support.welcomeTxt: unknown key; did you mean "welcomeText"?',
      ],
    ],
  ];

  it.each(cases)("says where and how to mend: %s", async (_what, text, expected) => {
    const types = Object.keys(registry.channels).join(", ");

    const lines = (await problemsOf(text)).map(formatProblem);

    expect(lines).toEqual(expected.map((line) => line.replace("CHANNEL_TYPES", types)));
  });

  it("finds nothing wrong with groups, agents and contents that exist", async () => {
    const text = `accessGroups: { admins: [anna] }
agents: { main: { type: echo } }
${SUPPORT}    allowFrom: ["@admins"]
    groups: { "*": { allowFrom: ["@admins"], requireMention: true } }
    commands:
      agents: [main]
      custom: { "/hi": hello, "/pic": { content: { kind: image, url: "https://a.example/b.png" }, allowFrom: ["@admins"] } }
`;

    expect(await problemsOf(text)).toEqual([]);
  });

  it("says where YAML itself is broken", async () => {
    const [problem] = await problemsOf("server:\n  port: [1\nlog: {}\n");

    expect(problem?.line).toBeGreaterThan(1);
    expect(problem?.message).not.toBe("");
  });

  it("never repeats the value of a secret", async () => {
    const lines = (await problemsOf(SUPPORT.replace(KEY, "too-short-key-canary"))).map(formatProblem);

    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("channels.support.encodingAESKey");
    expect(lines[0]).not.toContain("canary");
  });
});
