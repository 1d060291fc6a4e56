import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import manifest from "@tencent-weixin/openclaw-weixin/package.json" with { type: "json" };
import { describe, expect, it, onTestFinished } from "vitest";
import { type Simulator, startSimulator } from "../../simulator.ts";

/*
 * @tencent-weixin/openclaw-weixin 2.4.9, unchanged, against the simulator: what it can do with the platform, it must be able to
 * do here.
 */

// biome-ignore lint/suspicious/noExplicitAny: answers are read as the client gives them, and wrong ones fail the test.
type Json = any;

interface Official {
  readonly sim: Simulator;
  readonly dir: string;
  call(name: string, args?: unknown): Promise<Json>;
  /** Signs in and answers with what every later call needs. */
  signIn(user?: string): Promise<{ bot: { baseUrl: string; token: string }; botId: string; user: string }>;
  /** What the next poll brings. */
  poll(bot: object, cursor?: string): Promise<Json>;
}

async function startOfficial(): Promise<Official> {
  const sim = await startSimulator({ ilink: { bots: [], holdMs: 1_000 } });
  const dir = mkdtempSync(join(tmpdir(), "wxgate-official-"));
  const child: ChildProcess = fork(fileURLToPath(new URL("./client.mjs", import.meta.url)), {
    cwd: dir,
    env: { PATH: process.env.PATH, HOME: dir, OPENCLAW_STATE_DIR: dir, SIMULATOR_URL: sim.url },
    execArgv: [],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await sim.close();
    rmSync(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  });
  const waiting = new Map<number, (answer: Json) => void>();
  let calls = 0;
  await new Promise<void>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the official client ended with ${code}`)));
    child.on("message", (message: Json) => {
      if (message.ready) resolve();
      else waiting.get(message.id)?.(message);
    });
  });

  async function call(name: string, args: unknown = {}): Promise<Json> {
    const id = ++calls;
    const answer = await new Promise<Json>((resolve) => {
      waiting.set(id, resolve);
      child.send({ id, call: name, args });
    });
    if (answer.error) throw new Error(answer.error);
    return answer.result;
  }

  return {
    sim,
    dir,
    call,
    async signIn(user = "ann") {
      const signingIn = call("login");
      await scan(sim, user);
      const { connected, botToken, accountId, baseUrl, userId } = await signingIn;
      if (!connected) throw new Error("the login failed");
      const bot = { baseUrl, token: botToken };
      await call("save", { accountId, ...bot, userId });
      await call("start", bot);
      return { bot, botId: accountId, user: userId };
    },
    poll: (bot, cursor = "") => call("updates", { ...bot, get_updates_buf: cursor, timeoutMs: 5_000 }),
  };
}

/** The person scans the code that is shown. */
async function scan(sim: Simulator, user: string): Promise<void> {
  for (;;) {
    const { codes } = (await sim.act("weixin-ilink", "codes", {})) as Json;
    const code = codes.findLast(({ status }: Json) => status === "wait");
    if (code) return void (await sim.scan({ qrcode: code.qrcode, user, confirm: true }));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const shown = (sim: Simulator, botId: string, user = "ann") =>
  sim.screen({ account: botId, user }).items.filter(({ direction }) => direction === "outbound");

describe("the official client", () => {
  it("is the version whose protocol is simulated", () => {
    expect(manifest.version).toBe("2.4.9");
  });

  it("signs in by QR code, is shown as connected, and breaks no rule of its own", async () => {
    const official = await startOfficial();

    const { botId, user, bot } = await official.signIn();

    expect(user).toMatch(/@im\.wechat$/);
    expect(bot.token.startsWith(`${botId}:`)).toBe(true);
    expect(official.sim.screen({ account: botId, user: "ann" }).chat.stateText).toBe("bot: connected");
    await official.call("stop", bot);
    expect(official.sim.screen({ account: botId, user: "ann" }).chat.stateText).toBe("bot: not connected");
    expect(await official.sim.act("weixin-ilink", "violations", {})).toEqual({ violations: [] });
  });

  it("is told that it is bound already when the same person scans again", async () => {
    const official = await startOfficial();
    await official.signIn();

    const again = official.call("login");
    await scan(official.sim, "ann");

    expect(await again).toMatchObject({ connected: false, alreadyConnected: true });
  });

  it("receives a text with its id unharmed, and its answer is shown", async () => {
    const official = await startOfficial();
    const { bot, botId, user } = await official.signIn();
    const sent = await official.sim.send({ account: botId, from: "ann", content: [{ kind: "text", text: "你好" }] });

    const { msgs } = await official.poll(bot);
    const opts = { ...bot, contextToken: msgs[0].context_token, runId: "run-1" };
    const { serverMessageId } = await official.call("sendText", { to: user, text: "**hi**", opts });

    expect(msgs[0].message_id).toBe(sent.id);
    expect(msgs[0].item_list[0].text_item.text).toBe("你好");
    expect(shown(official.sim, botId)).toMatchObject([
      { id: serverMessageId, kind: "text", text: "**hi**", state: "shown" },
    ]);
  });

  it.each(["image", "file", "video", "voice"] as const)("decrypts %s that people send", async (kind) => {
    const official = await startOfficial();
    const { bot, botId } = await official.signIn();
    official.sim.setFaults([{ name: "ilink.no-transcript" }]);
    const bytes = kind === "voice" ? {} : { base64: Buffer.from("some bytes of a file").toString("base64") };
    await official.sim.send({ account: botId, from: "ann", content: [{ kind, ...bytes }] });

    const { msgs } = await official.poll(bot);
    const cdnBaseUrl = `${official.sim.url}/cdn/c2c`;
    const saved = await official.call("download", { item: msgs[0].item_list[0], cdnBaseUrl });

    const content = Buffer.from(saved.base64, "base64").toString("latin1");
    // It decodes speech where it finds a decoder.
    if (kind === "voice") expect(content.slice(0, 10)).toMatch(/^RIFF|SILK_V3/);
    else expect(content).toBe("some bytes of a file");
  });

  it.each([
    ["picture.png", "image", {}],
    ["clip.mp4", "video", {}],
    ["report.pdf", "file", { filename: "report.pdf" }],
  ] as const)("uploads and sends %s, which the phone can open", async (name, kind, more) => {
    const official = await startOfficial();
    const { bot, botId, user } = await official.signIn();
    await official.sim.send({ account: botId, from: "ann", content: [{ kind: "text", text: "send it" }] });
    const { msgs } = await official.poll(bot);
    const filePath = join(official.dir, name);
    writeFileSync(filePath, Buffer.alloc(40_000, name));

    const opts = { ...bot, contextToken: msgs[0].context_token };
    const cdnBaseUrl = `${official.sim.url}/cdn/c2c`;
    await official.call("sendFile", { filePath, to: user, text: "here", opts, cdnBaseUrl });

    expect(shown(official.sim, botId)).toMatchObject([
      { kind: "text", text: "here" },
      { kind, state: "shown", media: { bytes: 40_000, ...more } },
    ]);
  });

  it("shows that it types, and that it stopped", async () => {
    const official = await startOfficial();
    const { bot, botId, user } = await official.signIn();
    await official.sim.send({ account: botId, from: "ann", content: [{ kind: "text", text: "hi" }] });
    const isTyping = () => official.sim.screen({ account: botId, user: "ann" }).chat.typing;

    await official.call("typing", { bot, user, status: 1 });
    const during = isTyping();
    await official.call("typing", { bot, user, status: 2 });

    expect([during, isTyping()]).toEqual([true, false]);
  });

  it("shows its tools at work", async () => {
    const official = await startOfficial();
    const { bot, botId, user } = await official.signIn();
    await official.sim.send({ account: botId, from: "ann", content: [{ kind: "text", text: "hi" }] });
    const { msgs } = await official.poll(bot);

    await official.call("progress", { bot, user, contextToken: msgs[0].context_token });

    expect(shown(official.sim, botId)).toMatchObject([
      { kind: "tool", tool: "web_search", status: "started" },
      { kind: "tool", tool: "web_search", status: "completed" },
    ]);
  });

  it("learns that its token is dead once the person scans elsewhere", async () => {
    const official = await startOfficial();
    const { bot, botId } = await official.signIn();

    const polling = official.poll(bot);
    await official.sim.act("weixin-ilink", "unbind", { account: botId });

    expect(await polling).toMatchObject({ errcode: -14 });
  });
});
