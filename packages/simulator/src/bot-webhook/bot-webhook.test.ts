import { createDecipheriv, createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { decodeAesKey, encryptFrame, sign } from "../crypto.ts";
import type { FaultSetting } from "../faults.ts";
import type { JsonObject } from "../json.ts";
import { startSimulator } from "../simulator.ts";

const BOT = "aibSimHook000000000000001";
const PNG = Buffer.from("89504e470d0a1a0a", "hex");

type Answer = JsonObject | { readonly status: number } | undefined;
type Said = JsonObject & { readonly msgtype: string; readonly msgid: string; readonly response_url?: string };

const isStatus = (answer: Answer): answer is { status: number } => answer !== undefined && "status" in answer;
const bubble = (id: string, content: string, finish = false, more: JsonObject = {}): JsonObject => ({
  msgtype: "stream",
  stream: { id, content, finish, ...more },
});

/** A bot's server, written from the reference; `answer` says what each callback gets. */
async function startBot(answer: (said: Said) => Answer, faults: readonly FaultSetting[] = []) {
  const sim = await startSimulator({ faults });
  const account = sim.accounts().find((one) => one.account === BOT) as unknown as Record<string, string>;
  const { token, encodingAESKey } = account as { token: string; encodingAESKey: string };
  const key = decodeAesKey(encodingAESKey);
  const heard: Said[] = [];

  function decrypt(encrypt: string): string {
    const decipher = createDecipheriv("aes-256-cbc", key, key.subarray(0, 16)).setAutoPadding(false);
    const frame = Buffer.concat([decipher.update(Buffer.from(encrypt, "base64")), decipher.final()]);
    return frame.toString("utf8", 20, 20 + frame.readUInt32BE(16));
  }

  const server = createServer(async (request, response) => {
    const query = new URL(request.url ?? "/", "http://x").searchParams;
    if (request.method === "GET") return response.end(decrypt(query.get("echostr") ?? ""));
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const { encrypt } = JSON.parse(Buffer.concat(parts).toString()) as { encrypt: string };
    const timestamp = query.get("timestamp") ?? "";
    const nonce = query.get("nonce") ?? "";
    if (query.get("msg_signature") !== sign(token, timestamp, nonce, encrypt)) return response.writeHead(401).end();
    const said = JSON.parse(decrypt(encrypt)) as Said;
    heard.push(said);
    const reply = answer(said);
    if (reply === undefined) return response.end();
    if (isStatus(reply)) return response.writeHead(reply.status).end();
    const sealed = encryptFrame(key, JSON.stringify(reply), "");
    const body = {
      encrypt: sealed,
      msgsignature: sign(token, "1700000000", nonce, sealed),
      timestamp: 1_700_000_000,
      nonce,
    };
    return response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await sim.close();
  });
  const checked = await sim.registerCallback(BOT, `http://127.0.0.1:${(server.address() as AddressInfo).port}/bot`);

  return {
    sim,
    key,
    heard,
    checked,
    refreshes: () => heard.filter(({ msgtype }) => msgtype === "stream"),
    write: (text: string) => sim.send({ account: BOT, from: "anna", content: [{ kind: "text", text }] }),
    screen: (group?: string) =>
      sim.screen({ account: BOT, user: "anna", ...(group === undefined ? {} : { group }) }).items,
    answers: () => sim.screen({ account: BOT, user: "anna" }).items.filter(({ direction }) => direction === "outbound"),
    thrownAway: () => sim.screen({ account: BOT, user: "anna" }).items.filter(({ kind }) => kind === "notice"),
    /** Moves time by so many refreshes. */
    async refreshed(times: number) {
      for (let time = 0; time < times; time += 1) {
        await sim.advance(1_000);
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
    },
    async post(url: string, body: JsonObject) {
      const response = await fetch(url, { method: "POST", body: JSON.stringify(body) });
      return (await response.json()) as { errcode: number };
    },
  };
}

const until = (look: () => unknown) => expect.poll(look, { timeout: 3_000, interval: 10 });

describe("a bot on callbacks", () => {
  it("has its address checked, and hears messages with a response_url and no key", async () => {
    const bot = await startBot((said) => (said.msgtype === "image" ? undefined : bubble("S1", "hi", true)));

    await bot.write("hello");
    await bot.sim.send({ account: BOT, from: "anna", group: "team", content: [{ kind: "text", text: "all" }] });
    await bot.sim.send({ account: BOT, from: "anna", content: [{ kind: "image" }] });
    await until(() => bot.heard.length).toBe(3);

    expect(bot.checked.ok).toBe(true);
    const [single, group, image] = ["hello", "@Helper all", undefined].map((text) =>
      bot.heard.find((said) => (said.text as JsonObject | undefined)?.content === text),
    );
    expect(single).toMatchObject({
      chattype: "single",
      aibotid: BOT,
      response_url: expect.stringContaining("response_code="),
    });
    expect(single).not.toHaveProperty("chatid");
    expect(group).toMatchObject({ chattype: "group", chatid: expect.stringMatching(/^wr/) });
    expect(Object.keys(image?.image as JsonObject)).toEqual(["url"]);
  });

  it("is asked for its bubble each second until the last packet", async () => {
    let asked = 0;
    const bot = await startBot(({ msgtype }) => {
      if (msgtype === "stream") asked += 1;
      return bubble("S1", "x".repeat(asked + 1), asked === 3);
    });

    await bot.write("hello");
    await until(() => bot.answers().length).toBe(1);
    await bot.refreshed(6);

    expect(bot.refreshes()).toHaveLength(3);
    expect(bot.refreshes()[0]).not.toHaveProperty("response_url");
    expect(new Set(bot.heard.map(({ msgid }) => msgid)).size).toBe(4);
    expect(bot.answers()).toMatchObject([{ text: "xxxx", finishes: 1, spinning: false }]);
  });

  it("is asked no more after six minutes: the bubble spins on", async () => {
    const bot = await startBot(() => bubble("S1", "1"));
    await bot.write("hello");
    await until(() => bot.answers().length).toBe(1);

    await bot.sim.advance(361_000);
    await until(() => bot.answers()[0]?.givenUp).toBe(true);

    expect(bot.answers()).toMatchObject([{ text: "1", spinning: true }]);
  });

  it("is asked no more after an answer other than 200", async () => {
    const bot = await startBot(({ msgtype }) => (msgtype === "stream" ? { status: 500 } : bubble("S1", "1")));
    await bot.write("hello");
    await until(() => bot.answers().length).toBe(1);

    await bot.refreshed(3);

    expect(bot.refreshes()).toHaveLength(1);
  });

  it("shows pictures of the last packet whose md5 is right", async () => {
    const image = (md5: string): JsonObject => ({ msgtype: "image", image: { base64: PNG.toString("base64"), md5 } });
    const right = createHash("md5").update(PNG).digest("hex");
    const bot = await startBot((said) =>
      bubble(said.msgid, "look", true, {
        msg_item: [image((said.text as JsonObject).content === "good" ? right : "0".repeat(32))],
      }),
    );

    await bot.write("good");
    await until(() => bot.answers().length).toBe(1);
    await bot.write("bad");
    await until(() => bot.thrownAway().length).toBe(1);

    expect(bot.answers()[0]).toMatchObject({ images: [{ md5: right }], finishes: 1 });
    expect(bot.thrownAway()[0]?.text).toContain("md5");
  });

  it.each([
    ["a text, which only a welcome may be", { msgtype: "text", text: { content: "x" } }, "40008"],
    ["more than 20,480 bytes", bubble("S1", "x".repeat(20_481)), "20480 bytes"],
    ["a stream without an id", { msgtype: "stream", stream: { content: "x" } }, "stream.id"],
  ])("has thrown away: %s", async (_name, reply, reason) => {
    const bot = await startBot(() => reply);

    await bot.write("hello");

    await until(() => bot.thrownAway()[0]?.text).toContain(reason);
  });

  it("serves files under the bot's key", async () => {
    const bot = await startBot(() => undefined);
    await bot.sim.send({ account: BOT, from: "anna", content: [{ kind: "image" }] });
    await until(() => bot.heard.length).toBe(1);

    const { url } = bot.heard[0]!.image as { url: string };
    const cipher = Buffer.from(await (await fetch(url)).arrayBuffer());
    const decipher = createDecipheriv("aes-256-cbc", bot.key, bot.key.subarray(0, 16)).setAutoPadding(false);
    const plain = Buffer.concat([decipher.update(cipher), decipher.final()]);

    expect(cipher.length % 32).toBe(0);
    expect(plain.subarray(1, 4).toString()).toBe("PNG");
  });

  it("greets by a text in the response", async () => {
    const bot = await startBot(() => ({ msgtype: "text", text: { content: "welcome" } }));

    await bot.sim.act("wecom-bot-webhook", "enter", { account: BOT, from: "anna" });

    await until(() => bot.answers()).toMatchObject([{ by: "welcome", text: "welcome" }]);
  });
});

describe("a response_url", () => {
  const markdown = (content: string): JsonObject => ({ msgtype: "markdown", markdown: { content } });

  async function withUrl(faults: readonly FaultSetting[] = []) {
    const bot = await startBot(() => undefined, faults);
    await bot.write("hello");
    await until(() => bot.heard.length).toBe(1);
    return { ...bot, url: String(bot.heard[0]?.response_url) };
  }

  it("takes one message", async () => {
    const { post, url, answers } = await withUrl();

    const codes = [(await post(url, markdown("one"))).errcode, (await post(url, markdown("two"))).errcode];

    expect(codes).toEqual([0, 93000]);
    expect(answers()).toMatchObject([{ text: "one", by: "response_url" }]);
  });

  it("ends after an hour", async () => {
    const { post, url, sim } = await withUrl();

    await sim.advance(3_601_000);

    expect((await post(url, markdown("late"))).errcode).toBe(93000);
  });

  it("takes Markdown and cards only", async () => {
    const { post, url } = await withUrl();

    expect((await post(url, bubble("S1", "x", true))).errcode).toBe(40008);
  });

  it("may be refused by a fault, and is used then", async () => {
    const { post, url } = await withUrl([{ name: "bot.response-url.errcode", value: 45009, count: 1 }]);

    expect([(await post(url, markdown("x"))).errcode, (await post(url, markdown("x"))).errcode]).toEqual([
      45009, 93000,
    ]);
  });
});
