import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { APP, appChannel } from "./bots.ts";
import { kfChannel, runCli, startGateway, waitFor } from "./harness.ts";

function emptyFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), "wxgate-cli-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

describe("check", () => {
  it("finds nothing wrong with a right file: exit code 0", async () => {
    const dir = emptyFolder();
    writeFileSync(join(dir, "wxgate.yaml"), "log: { level: warn }\n");

    const { code, stdout } = await runCli(dir, ["check"]);

    expect(code).toBe(0);
    expect(stdout).toContain("./wxgate.yaml is right: 0 channels, 1 agent.");
  });

  it("says when two channels are the same account", async () => {
    const dir = emptyFolder();
    const keys = { token: "t", encodingAESKey: "2wgSqGrnzYN2884VE2DB2Je22gxxXmGrpgsGKzvQxwE" };
    const kf = { type: "kf", corpId: "ww1", ...keys };
    writeFileSync(join(dir, "wxgate.yaml"), JSON.stringify({ channels: { shop: kf, desk: kf } }));

    const { code, stdout } = await runCli(dir, ["check"]);

    expect(code).toBe(0);
    expect(stdout).toContain("Note: shop and desk are the same account: it is served twice");
  });

  it("lists every problem for people and for programs: exit code 1", async () => {
    const dir = emptyFolder();
    writeFileSync(join(dir, "other.yaml"), "sever: {}\nlog: { level: loud }\n");

    const people = await runCli(dir, ["check", "--config", "other.yaml"]);
    const programs = await runCli(dir, ["check", "--config", "other.yaml", "--json"]);

    expect([people.code, programs.code]).toEqual([1, 1]);
    expect(people.stdout.split("\n").slice(0, 2)).toEqual([
      'other.yaml:1:1  sever: unknown key; did you mean "server"?',
      "other.yaml:2:15  log.level: must be one of debug, info, warn, error",
    ]);
    expect(JSON.parse(programs.stdout)).toMatchObject({
      ok: false,
      problems: [
        { file: "other.yaml", line: 1, column: 1, path: "sever", suggestion: "server" },
        { file: "other.yaml", line: 2, column: 15, path: "log.level" },
      ],
    });
  });
});

describe("doctor", () => {
  it("says when the address of a bot's long connection is not reached", async () => {
    const dir = emptyFolder();
    const bot = "type: wecom-bot-ws, botId: aib1, secret: s3cret";
    writeFileSync(join(dir, "wxgate.yaml"), `channels: { helper: { ${bot}, url: "ws://127.0.0.1:1/path" } }\n`);

    const { stdout } = await runCli(dir, ["doctor", "--json"]);

    expect(JSON.parse(stdout).findings).toContainEqual({
      check: "clock",
      result: "note",
      message: "ws://127.0.0.1:1 cannot be reached from here: check network, DNS and proxy (egressProxyUrl)",
    });
  });
});

describe("doctor callback", () => {
  it("takes its own options, though doctor is a command as well: exit code 1", async () => {
    const dir = emptyFolder();
    const keys = "corpId: ww1, token: t, encodingAESKey: 2wgSqGrnzYN2884VE2DB2Je22gxxXmGrpgsGKzvQxwE";
    writeFileSync(join(dir, "other.yaml"), `channels: { support: { type: kf, ${keys} } }\n`);
    const address = "https://example.com/webhooks/support";

    const { code, stdout } = await runCli(dir, [
      "doctor",
      "callback",
      "--config",
      "other.yaml",
      "--json",
      "--url",
      address,
    ]);

    expect(code).toBe(1);
    expect(JSON.parse(stdout).findings).toMatchObject([
      { check: "address", result: "ok" },
      { check: "query", result: "wrong" },
    ]);
  });
});

describe("start", () => {
  it("refuses a wrong file as check does", async () => {
    const dir = emptyFolder();
    writeFileSync(join(dir, "wxgate.yaml"), "sever: {}\n");

    const { code, stderr } = await runCli(dir, ["start"]);

    expect(code).toBe(1);
    expect(stderr).toBe('./wxgate.yaml:1:1  sever: unknown key; did you mean "server"?\n');
  });

  it("says which program has the port's place", async () => {
    const gateway = await startGateway();
    const dir = emptyFolder();
    const { port } = new URL(gateway.publicUrl);
    writeFileSync(join(dir, "wxgate.yaml"), `server: { host: 127.0.0.1, port: ${port} }\nadmin: { port: 0 }\n`);

    const { code, stderr } = await runCli(dir, ["start"]);

    expect(code).toBe(1);
    expect(stderr).toContain(`the server cannot listen on 127.0.0.1:${port}: another program uses that port`);
  });

  it("says which database cannot be reached, without its password", async () => {
    const dir = emptyFolder();
    writeFileSync(join(dir, "wxgate.yaml"), 'store: "postgres://wxgate:canary-pw@127.0.0.1:1/messages"\n');

    const { code, stderr } = await runCli(dir, ["start"]);

    expect(code).toBe(1);
    expect(stderr).toContain("the store at 127.0.0.1:1/messages cannot be used: nobody listens there");
    expect(stderr).not.toContain("canary-pw");
  });

  it("and doctor say which folder cannot be used", async () => {
    const dir = emptyFolder();
    writeFileSync(join(dir, "taken"), "a file");
    writeFileSync(join(dir, "wxgate.yaml"), "store: sqlite:./taken/data/wxgate.db\n");

    const started = await runCli(dir, ["start"]);
    const doctor = await runCli(dir, ["doctor"]);

    expect([started.code, doctor.code]).toEqual([1, 1]);
    expect(started.stderr).toMatch(/the data folder \S+taken\/data cannot be used/);
    expect(doctor.stdout).toMatch(/WRONG +folder: \S+taken\/data cannot be written to/);
    expect(doctor.stdout).toMatch(/note +disk: .+ cannot be told/);
  });

  it("says which media folder cannot be used, also where the system makes none", async () => {
    const dir = emptyFolder();
    const said: string[] = [];

    for (const media of ["/proc/wxgate/media", "./wxgate.yaml"]) {
      writeFileSync(join(dir, "wxgate.yaml"), `media: { dir: ${media} }\n`);
      const { code, stderr } = await runCli(dir, ["start"]);
      said.push(`${code} ${stderr}`);
    }

    expect(said[0]).toMatch(/^1 the media folder \/proc\/wxgate\/media cannot be used \(ENOENT\)/);
    expect(said[1]).toMatch(/^1 the media folder \S+wxgate.yaml cannot be used \(ENOTDIR\).+media.dir/);
  });

  it("is refused while another process has the store", async () => {
    const gateway = await startGateway();

    const { code, stderr } = await gateway.cli("start");

    expect(code).toBe(1);
    expect(stderr).toMatch(/another|in use|locked/i);
  });
});

describe("commands without a running gateway", () => {
  const COMMANDS = [
    ["channels", "status"],
    ["reload"],
    ["send", "support", "anna", "hi"],
    ["pairing", "list"],
    ["pairing", "approve", "ABCDEFGH"],
    ["recall", "abc"],
    ["dead", "list"],
    ["dead", "retry", "--all"],
    ["logs", "--follow"],
    ["events"],
    ["login", "support"],
  ];

  it.each(COMMANDS)("say so and end with code 3: %s %s", async (...command) => {
    const dir = emptyFolder();
    writeFileSync(join(dir, "wxgate.yaml"), "admin: { port: 9, token: a-long-enough-token }\n");

    const { code, stderr } = await runCli(dir, command);

    expect(code).toBe(3);
    expect(stderr).toContain("no gateway runs at http://127.0.0.1:9");
  });

  it("say which file is looked for where there is none, as after it was moved", async () => {
    const { code, stderr } = await runCli(emptyFolder(), ["reload"]);

    expect(code).toBe(3);
    expect(stderr).toContain("there is no ./wxgate.yaml here");
  });

  it("say so in JSON, too", async () => {
    const { code, stdout } = await runCli(emptyFolder(), ["channels", "status", "--json"]);

    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, code: "not-running" });
  });

  it("end with code 2 when they are written wrongly", async () => {
    const dir = emptyFolder();

    const codes = await Promise.all(
      [["frobnicate"], ["send", "support"], ["dead", "retry"], ["check", "--colour"]].map(
        async (command) => (await runCli(dir, command)).code,
      ),
    );

    expect(codes).toEqual([2, 2, 2, 2]);
  });
});

describe("commands with a running gateway", () => {
  it("show channels, probe them and find nothing to cure", async () => {
    const gateway = await startGateway();
    await waitFor(async () => (await gateway.cli("channels", "status", "--json")).stdout.includes('"state":"ok"'));

    await gateway.customerWrites("hello");
    await waitFor(() => gateway.repliesTo().length === 1);

    const status = await gateway.cli("channels", "status", "--probe");
    const doctor = await gateway.cli("doctor", "--json");

    expect(status).toMatchObject({ code: 0, stderr: "" });
    expect(status.stdout).toMatch(/support +kf +wkSimAccount00000000000001 \(.+\) +ok/);
    expect(doctor.code).toBe(0);
    expect(JSON.parse(doctor.stdout)).toMatchObject({ ok: true });
    expect(doctor.stdout).toMatch(
      /wkSimAccount00000000000001: open conversations: 1 \(48 h [^"]+; with all 5 messages used [^"]+: 0/,
    );
  });

  it("send a text and a file", async () => {
    const gateway = await startGateway();
    await gateway.customerWrites("hello");
    await waitFor(() => gateway.repliesTo().length === 1);
    const { items } = await gateway.api<{ items: readonly { peer: string }[] }>("/api/conversations");
    const target = items[0]?.peer ?? "";
    writeFileSync(join(gateway.dir, "notes.txt"), "some notes\n");

    const text = await gateway.cli("send", "support", target, "by command");
    const file = await gateway.cli("send", "support", target, "notes.txt");
    const mistyped = await gateway.cli("send", "support", target, "./note.txt");

    expect([text.code, file.code, mistyped.code]).toEqual([0, 0, 1]);
    expect(mistyped.stderr).toContain("there is no file ./note.txt; add --text");
    await waitFor(() => gateway.sim.screen({ account: items[0] ? ACCOUNT : "", user: "anna" }).items.length >= 4);
    const shown = gateway.sim.screen({ account: ACCOUNT, user: "anna" }).items.map(({ kind }) => kind);
    expect(shown).toEqual(["text", "text", "text", "file"]);
  });

  it("take a message back where the platform can, and say so where it cannot", async () => {
    const gateway = await startGateway({
      config: (sim) => ({ channels: { support: kfChannel(sim), app: appChannel(sim) } }),
    });
    await gateway.customerWrites("hello");
    await waitFor(() => gateway.repliesTo().length === 1);
    const sent = async (channel: string, target: string) => {
      const { stdout } = await gateway.cli("send", channel, target, "oops", "--json");
      const [id = ""] = (JSON.parse(stdout) as { deliveries: string[] }).deliveries;
      await waitFor(async () => {
        const { items } = await gateway.api<{ items: { id: string; state: string }[] }>("/api/deliveries");
        return items.some((row) => row.id === id && row.state === "accepted");
      });
      return id;
    };
    const { items } = await gateway.api<{ items: readonly { peer: string }[] }>("/api/conversations");

    const byApp = await gateway.cli("recall", await sent("app", "zhangsan"));
    const byKf = await gateway.cli("recall", await sent("support", items[0]?.peer ?? ""));
    const unknown = await gateway.cli("recall", "nonsense");

    expect(byApp).toMatchObject({ code: 0, stdout: expect.stringContaining("is taken back") });
    expect(gateway.sim.screen({ account: APP, user: "zhangsan" }).items).toMatchObject([{ state: "recalled" }]);
    expect(byKf).toMatchObject({ code: 1, stderr: expect.stringContaining("takes no message back") });
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining("there is no delivery") });
  });

  it("take back what still waits", async () => {
    const gateway = await startGateway();
    gateway.sim.setFaults([{ name: "qyapi.ip-not-trusted", target: "kf/send_msg" }]);
    await gateway.customerWrites("hello");
    const waiting = async () =>
      (await gateway.api<{ items: { id: string; state: string }[] }>("/api/deliveries")).items;
    // Its account rests for minutes: nobody tries it meanwhile.
    await waitFor(() => gateway.log().includes("delivery failed"));
    await waitFor(async () => (await waiting())[0]?.state === "queued");
    const [{ id } = { id: "" }] = await waiting();

    const recalled = await gateway.cli("recall", id);

    expect(recalled.stdout).toContain("never sent");
    expect((await waiting())[0]?.state).toBe("discarded");
  });

  it("say once why a channel does not work", async () => {
    const gateway = await startGateway({ config: (sim) => ({ channels: { app: appChannel(sim) } }) });
    gateway.sim.setFaults([{ name: "qyapi.ip-not-trusted" }]);
    await gateway.cli("send", "app", "zhangsan", "hello");
    await waitFor(() => gateway.log().includes("delivery failed"));

    const { code, stdout } = await gateway.cli("doctor");

    expect(code).toBe(1);
    expect(stdout.match(/WeCom sees the address 203\.0\.113\.9/g)).toHaveLength(1);
  });

  it("show what is wrong with a channel whose accounts are well, and go on serving others", async () => {
    const gateway = await startGateway();
    await gateway.customerWrites("hello", "anna");
    await waitFor(() => gateway.repliesTo("anna").length === 1);
    gateway.sim.setFaults([{ name: "qyapi.errcode", target: "kf/send_msg", value: 95003 }]);
    await gateway.customerWrites("hello", "berta");
    await waitFor(() => gateway.log().includes("95003"));

    const status = await gateway.cli("channels", "status");
    gateway.sim.clearFaults();
    await gateway.customerWrites("again", "anna");

    expect(status.code).toBe(0);
    expect(status.stdout).toMatch(/^support +kf +- +degraded .*95003/m);
    expect(status.stdout).toMatch(/^Hint: An enterprise that is not verified/m);
    await waitFor(() => gateway.repliesTo("anna").length === 2);
  });

  it("take a test of the address by hand for no callback", async () => {
    const gateway = await startGateway({ config: (sim) => ({ channels: { app: appChannel(sim) } }) });
    await fetch(`${gateway.publicUrl}/webhooks/app`);

    const tested = await gateway.cli("doctor");
    await fetch(`${gateway.publicUrl}/webhooks/app?msg_signature=0&timestamp=1&nonce=2&echostr=3`);
    const refused = await gateway.cli("doctor");
    await gateway.sim.registerCallback("1000002", `${gateway.publicUrl}/webhooks/app`);
    await fetch(`${gateway.publicUrl}/webhooks/app`);
    const again = await gateway.cli("doctor");

    expect(again.stdout).toMatch(/ok +callbacks: app: the last one came at 20/);
    expect(again.stdout).toMatch(/note +callbacks: app: since then something came that nobody signed, at 20/);
    expect(tested.stdout).toMatch(/note +callbacks: .* only what nobody signed, the last one at 20/);
    expect(refused.stdout).toMatch(/WRONG +callbacks: the last one for app .* was refused with 401/);
  });

  it("list and retry what is dead", async () => {
    const gateway = await startGateway();
    gateway.sim.setFaults([{ name: "qyapi.errcode", target: "kf/send_msg", value: 40008 }]);
    await gateway.customerWrites("hello");
    const listed = await waitFor(async () => {
      const { stdout } = await gateway.cli("dead", "list");
      return stdout.includes("support") && stdout;
    });
    gateway.sim.clearFaults();

    const { code, stdout } = await gateway.cli("dead", "retry", "--all", "--json");

    expect(listed).toMatch(/^Hint \(wecom\.message-type\): The platform does not take this type of message here\.$/m);
    expect([code, JSON.parse(stdout).retried.length]).toEqual([0, 1]);
    await waitFor(() => gateway.repliesTo().length === 1);
  });

  it("list a turn no agent could answer, and ask the agent again", async () => {
    let status = 422;
    const agent = createServer((_request, response) =>
      response.writeHead(status, { "content-type": "text/plain" }).end("answered at last"),
    );
    await new Promise<void>((resolve) => agent.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void agent.close());
    const { port } = agent.address() as AddressInfo;
    const gateway = await startGateway({
      config: { agents: { own: { type: "http", url: `http://127.0.0.1:${port}/` } }, defaultAgent: "own" },
    });
    await gateway.customerWrites("hello");
    const [turn] = await waitFor(async () => {
      const { items } = JSON.parse((await gateway.cli("dead", "list", "--json")).stdout);
      return items.length > 0 && items;
    });
    status = 200;

    const { code } = await gateway.cli("dead", "retry", turn.id);

    expect(turn).toMatchObject({
      kind: "turn",
      conversation: { channel: "support" },
      error: { message: expect.stringContaining("422") },
    });
    expect(code).toBe(0);
    await waitFor(() => gateway.repliesTo().includes("answered at last"));
  });

  it("show the log", async () => {
    const gateway = await startGateway();
    await gateway.customerWrites("hello");
    await waitFor(() => gateway.repliesTo().length === 1);

    const { code, stdout } = await gateway.cli("logs", "--json");

    expect(code).toBe(0);
    const messages = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).msg);
    expect(messages).toContain("delivery sent");
  });
});

const ACCOUNT = "wkSimAccount00000000000001";
