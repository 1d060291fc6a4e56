import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DEFAULT_CORPS, startSimulator } from "@wxgate/simulator";
import { WecomCrypto } from "@wxgate/wecom-crypto";
import { describe, expect, it, onTestFinished } from "vitest";
import { APP, appChannel } from "./bots.ts";
import { type GatewayUnderTest, type Json, type StartOptions, startGateway, waitFor } from "./harness.ts";

const MEMBER = "zhangsan";

interface Vector {
  readonly id: string;
  readonly encrypt: string;
  readonly signature: string;
  readonly timestamp: string;
  readonly nonce: string;
  readonly plaintext: string;
  readonly token: string;
  readonly encodingAESKey: string;
  readonly receiveId: string;
}
const vectors = (name: string): readonly Vector[] =>
  JSON.parse(
    readFileSync(new URL(`../../../packages/wecom-crypto/src/fixtures/${name}.json`, import.meta.url), "utf8"),
  );

interface AppOptions extends Omit<StartOptions, "config"> {
  /** Of the simulator. */
  readonly account?: string;
  readonly channel?: Json;
  readonly agents?: Json;
}

async function startApp({ account = APP, channel, agents, ...options }: AppOptions = {}): Promise<GatewayUnderTest> {
  const sim = options.sim ?? (await startSimulator());
  if (options.sim === undefined) onTestFinished(() => sim.close());
  const gateway = await startGateway({
    ...options,
    sim,
    config: { channels: { app: appChannel(sim, channel, account) }, ...(agents ? { agents } : {}) },
  });
  await sim.registerCallback(account, `${gateway.publicUrl}/webhooks/app`, { force: true });
  return gateway;
}

const writes = (gateway: GatewayUnderTest, text: string, from = MEMBER) => gateway.customerWrites(text, from, APP);
const replies = (gateway: GatewayUnderTest, from = MEMBER) => gateway.repliesTo(from, APP);
const module = (path: string): Json => ({ mine: { type: "module", path } });

describe("an app's message", () => {
  it("is answered, the answer shown on the member's phone", async () => {
    const gateway = await startApp();

    await writes(gateway, "hello");

    await waitFor(() => replies(gateway).length === 1);
    expect(replies(gateway)).toEqual(["You said: hello"]);
    const { stdout } = await gateway.cli("doctor", "--json");
    expect(JSON.parse(stdout).findings).toContainEqual({
      check: "quota",
      result: "ok",
      message: "app/1000002: sends to the busiest: 1 of 25 in a minute, 1 of 900 in an hour",
    });
  });

  it.each([
    "after-accept",
    "mid-agent",
    "after-complete-turn",
    "before-send",
    "after-send",
    "before-complete-delivery",
  ])("is answered after the gateway died at %s, and seen once", async (crashPoint) => {
    const gateway = await startApp({ crashPoint });

    await writes(gateway, "still there?");
    await gateway.exit();
    await gateway.restart();

    await waitFor(() => replies(gateway).length >= 1);
    await writes(gateway, "and now?");
    await waitFor(() => replies(gateway).some((text) => text.includes("and now?")));
    expect(replies(gateway)).toEqual(["You said: still there?", "You said: and now?"]);
  });

  it("is answered at once after a probe, when the operator has put an untrusted address right", async () => {
    const gateway = await startApp();
    gateway.sim.setFaults([{ name: "qyapi.ip-not-trusted", target: "message/send" }]);
    await writes(gateway, "hello");
    await waitFor(async () => (await gateway.cli("channels", "status")).stdout.includes("60020"));

    gateway.sim.clearFaults();
    await gateway.cli("channels", "status", "--probe");

    await waitFor(() => replies(gateway).length === 1);
    expect((await gateway.cli("channels", "status")).stdout).not.toContain("60020");
  });

  it("with a picture is understood although the platform refuses every call from this address", async () => {
    const gateway = await startApp({
      agents: module("./looking.mjs"),
      files: {
        "looking.mjs":
          'import { appendFileSync } from "node:fs"; export default { async *respond(turn) { appendFileSync("seen.txt", turn.messages[0].content[0].media.mime); } };',
      },
    });
    gateway.sim.setFaults([{ name: "qyapi.errcode", target: "media/get", value: 60020 }]);

    await gateway.sim.send({ account: APP, from: MEMBER, content: [{ kind: "image" }] });

    const seen = () => readFileSync(join(gateway.dir, "seen.txt"), "utf8");
    expect(await waitFor(seen)).toBe("image/png");
  });

  it("that says the same twice gets the same answer twice", async () => {
    const gateway = await startApp();

    await writes(gateway, "same");
    await waitFor(() => replies(gateway).length === 1);
    await writes(gateway, "same");

    await waitFor(() => replies(gateway).length === 2);
    expect(replies(gateway)).toEqual(["You said: same", "You said: same"]);
  });

  it("is answered with 5,000 Chinese characters, complete and in order", async () => {
    const gateway = await startApp({
      agents: module("./long.mjs"),
      files: {
        "long.mjs":
          'export default { async *respond() { yield { kind: "content", content: { kind: "text", format: "plain", text: Array.from({ length: 5000 }, (_, i) => String.fromCodePoint(0x4e00 + i)).join("") } }; } };',
      },
    });

    await writes(gateway, "tell me");

    const whole = Array.from({ length: 5000 }, (_, index) => String.fromCodePoint(0x4e00 + index)).join("");
    await waitFor(() => replies(gateway).join("").length >= whole.length);
    expect(replies(gateway).join("")).toBe(whole);
    expect(Math.max(...replies(gateway).map((text) => Buffer.byteLength(text)))).toBeLessThanOrEqual(2048);
  });

  it("is answered with 35 pieces at once, never more than 30 a minute, and all arrive", async () => {
    const gateway = await startApp({
      agents: module("./endless.mjs"),
      files: {
        "endless.mjs":
          'export default { async *respond() { yield { kind: "content", content: { kind: "text", format: "plain", text: "字".repeat(682 * 35) } }; } };',
      },
    });

    await writes(gateway, "go");

    await waitFor(() => replies(gateway).length === 25);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(replies(gateway)).toHaveLength(25);
    await waitFor(() => replies(gateway).length === 35, { timeoutMs: 90_000 });
    // What the platform drops would stand here as failed.
    const { items } = gateway.sim.screen({ account: APP, user: MEMBER });
    expect(items.filter(({ state }) => state === "failed")).toEqual([]);
    expect(replies(gateway).join("")).toBe("字".repeat(682 * 35));
  }, 120_000);

  it("of a stranger under an allowlist never reaches the agent", async () => {
    const gateway = await startApp({
      channel: { dmPolicy: "allowlist", allowFrom: ["ZhangSan"] },
      agents: module("./noting.mjs"),
      files: {
        "noting.mjs":
          'import { appendFileSync } from "node:fs"; export default { async *respond(turn) { appendFileSync("seen.txt", turn.messages.map((m) => m.content[0].text).join() + "\\n"); yield { kind: "text-delta", text: "noted" }; } };',
      },
    });

    await writes(gateway, "let me in", "mallory");
    await writes(gateway, "it is me");

    await waitFor(() => replies(gateway).length === 1);
    const seen = readFileSync(join(gateway.dir, "seen.txt"), "utf8");
    expect(seen).toBe("it is me\n");
    expect(replies(gateway, "mallory")).not.toContain("noted");
  });

  it("shows a card's new state after a tap, and hands the tap to the agent, also after a restart", async () => {
    const gateway = await startApp({
      agents: module("./asking.mjs"),
      files: {
        "asking.mjs":
          'export default { async *respond(turn) { const [part] = turn.messages[0].content; if (part.kind === "action") yield { kind: "text-delta", text: [part.taskId, part.key].join(" ") }; else yield { kind: "content", content: { kind: "card", card: { card_type: "button_interaction", task_id: "ask-1", main_title: { title: "Go?" }, button_list: [{ text: "Yes", key: "yes" }] } } }; } };',
      },
    });
    await writes(gateway, "ask me");
    const screen = () => gateway.sim.screen({ account: APP, user: MEMBER }).items;
    const card = await waitFor(() => screen().find(({ kind }) => kind === "card"));
    await gateway.kill9();
    await gateway.restart();

    await gateway.sim.tap({ account: APP, user: MEMBER, message: card.id, item: "yes" });

    await waitFor(() => replies(gateway).includes("ask-1 yes"));
    expect(screen().find(({ kind }) => kind === "card")).toMatchObject({ card: { replace_text: "已提交" } });
  });
});

describe("a member whose id comes in another case", () => {
  it("has one conversation, and is answered", async () => {
    const gateway = await startApp();
    const { corpId, token, encodingAESKey } = appChannel(gateway.sim) as Record<string, string>;
    const crypto = new WecomCrypto({
      token: String(token),
      encodingAESKey: String(encodingAESKey),
      receiveId: String(corpId),
    });
    const said = async (from: string, id: number) => {
      const plain =
        `<xml><ToUserName>${corpId}</ToUserName><FromUserName>${from}</FromUserName><CreateTime>1767225600</CreateTime>` +
        `<MsgType>text</MsgType><Content>hello ${id}</Content><MsgId>${id}</MsgId><AgentID>${APP}</AgentID></xml>`;
      const encrypt = crypto.encrypt(plain);
      const signed = { timestamp: String(Math.floor(Date.now() / 1000)), nonce: `n${id}`, encrypt };
      const query = new URLSearchParams({
        msg_signature: crypto.sign(signed),
        timestamp: signed.timestamp,
        nonce: signed.nonce,
      });
      const body = `<xml><ToUserName>${corpId}</ToUserName><AgentID>${APP}</AgentID><Encrypt>${encrypt}</Encrypt></xml>`;
      const response = await fetch(`${gateway.publicUrl}/webhooks/app?${query}`, { method: "POST", body });
      expect(response.status).toBe(200);
    };

    await said("ZhangSan", 1);
    await waitFor(() => replies(gateway).length === 1);
    await gateway.kill9();
    await gateway.restart();
    await said("zhangsan", 2);
    await waitFor(() => replies(gateway).length === 2);

    const { items } = await gateway.api<{ items: Json[] }>("/api/conversations");
    expect(items).toMatchObject([{ peer: "ZhangSan" }]);
  });
});

describe("what the platform tells by itself", () => {
  it("is stored and shown by wxgate events, and starts no agent run", async () => {
    const gateway = await startApp();

    await gateway.sim.act("wecom-agent-xml", "event", { account: APP, event: "open_approval_change" });
    await gateway.sim.act("wecom-agent-xml", "event", { account: APP, user: MEMBER, event: "unsubscribe" });
    await waitFor(async () => (await gateway.cli("events", "app")).stdout.includes("open_approval_change"));
    const { code, stdout } = await gateway.cli("events", "--json");

    expect(code).toBe(0);
    const { items } = JSON.parse(stdout) as { items: { event: Json }[] };
    expect(items.map(({ event }) => event.name ?? event.kind)).toEqual(["left", "open_approval_change"]);
    expect(gateway.log()).not.toContain('"turn started"');
  });
});

describe("local files", () => {
  it("outside the allowed folders are refused however they are named, and the text beside them arrives", async () => {
    const gateway = await startApp({
      agents: module("./files.mjs"),
      files: {
        "files.mjs":
          'export default { async *respond(turn) { yield { kind: "content", content: { kind: "text", text: "see the file" } }; yield { kind: "content", content: { kind: "file", ...JSON.parse(turn.messages[0].content[0].text) } }; } };',
      },
      channel: { mediaLocalRoots: ["./open"] },
    });
    mkdirSync(join(gateway.dir, "open"));
    writeFileSync(join(gateway.dir, "secret.txt"), "canary-of-the-file");
    symlinkSync(join(gateway.dir, "secret.txt"), join(gateway.dir, "open", "link.txt"));
    const sources = [
      { path: join(gateway.dir, "secret.txt") },
      { path: join(gateway.dir, "open", "..", "secret.txt") },
      { path: join(gateway.dir, "open", "link.txt") },
      { path: `file://${join(gateway.dir, "secret.txt")}` },
      { path: "/proc/self/environ" },
      { url: "http://127.0.0.1:1/secret" },
      { url: "http://169.254.169.254/latest/meta-data" },
    ];

    for (const [index, source] of sources.entries()) {
      await writes(gateway, JSON.stringify(source));
      await waitFor(() => replies(gateway).length === 2 * (index + 1), { timeoutMs: 20_000 });
    }

    const uploads = gateway.sim.log({ path: "media/upload" }).entries;
    expect(uploads.filter(({ path }) => path.includes("media/upload"))).toEqual([]);
    expect(replies(gateway).filter((text) => text === "see the file")).toHaveLength(sources.length);
    expect(replies(gateway).join()).not.toContain("canary");
  }, 60_000);
});

describe("the published vectors, at the real endpoint", () => {
  const account = vectors("positive").find(({ id }) => id === "P2") as Vector;

  async function startWithVectors(): Promise<GatewayUnderTest> {
    const { receiveId: corpId, token, encodingAESKey } = account;
    const app = { agentId: 1000017, name: "Vectors", secret: "SimSecretOfTheVectors", token, encodingAESKey };
    const directory = { members: [{ userId: "chen.yu" }] };
    const sim = await startSimulator({ corps: [...DEFAULT_CORPS, { corpId, apps: [app], directory }] });
    onTestFinished(() => sim.close());
    return startApp({ sim, account: "1000017" });
  }
  const query = ({ signature, timestamp, nonce }: Vector) =>
    new URLSearchParams({ msg_signature: signature, timestamp, nonce });
  const post = (gateway: GatewayUnderTest, vector: Vector) =>
    fetch(`${gateway.publicUrl}/webhooks/app?${query(vector)}`, {
      method: "POST",
      body: `<xml><ToUserName><![CDATA[${account.receiveId}]]></ToUserName><AgentID><![CDATA[1000017]]></AgentID><Encrypt><![CDATA[${vector.encrypt}]]></Encrypt></xml>`,
    });

  it("are understood: the check of the address, messages, an event", async () => {
    const gateway = await startWithVectors();
    const [check, ascii, chinese, entered] = ["P1", "P2", "P3", "P12"].map(
      (id) => vectors("positive").find((one) => one.id === id) as Vector,
    ) as [Vector, Vector, Vector, Vector];
    const echo = query(check);
    echo.set("echostr", check.encrypt);

    const checked = await fetch(`${gateway.publicUrl}/webhooks/app?${echo}`);
    const statuses = [];
    for (const vector of [ascii, entered]) statuses.push((await post(gateway, vector)).status);
    await waitFor(() => gateway.repliesTo("chen.yu", "1000017").length === 1);
    statuses.push((await post(gateway, chinese)).status);
    await waitFor(() => gateway.repliesTo("chen.yu", "1000017").length === 2);

    expect([checked.status, await checked.text()]).toEqual([200, "4782190563312270981"]);
    expect(statuses).toEqual([200, 200, 200]);
    expect(gateway.repliesTo("chen.yu", "1000017")).toEqual(["You said: hello relay", "You said: 你好，微信🌏 <&> ok"]);
  });

  it("that are wrong start no turn and cause no 5xx", async () => {
    const gateway = await startWithVectors();
    const wrong = vectors("negative");

    const answers = await Promise.all(wrong.map(async (vector) => (await post(gateway, vector)).status));

    expect(wrong.length).toBeGreaterThan(15);
    expect(answers.filter((status) => status >= 500 || status === 200)).toEqual([]);
    expect(gateway.log()).not.toContain('"turn started"');
  });
});
