import { WSClient } from "@wecom/aibot-node-sdk";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Simulator, startSimulator } from "../simulator.ts";

/** The official client, 1.0.7, against the simulated platform. */

const BOT = "aibSimBot0000000000000001";
const silent = { debug() {}, info() {}, warn() {}, error() {} };

async function start(sim?: Simulator, secret?: string) {
  const simulator = sim ?? (await startSimulator());
  const account = simulator.accounts().find(({ account }) => account === BOT);
  const client = new WSClient({
    botId: BOT,
    secret: secret ?? String(account?.secret),
    wsUrl: String(account?.url),
    logger: silent,
    reconnectInterval: 50,
    maxReconnectAttempts: 2,
  });
  onTestFinished(async () => {
    client.disconnect();
    if (!sim) await simulator.close();
  });
  return { simulator, client };
}

const once = <T = unknown>(client: WSClient, event: string): Promise<T> =>
  new Promise((resolve) => client.once(event as "message", (value: unknown) => resolve(value as T)));

async function connected() {
  const started = await start();
  const authenticated = once(started.client, "authenticated");
  started.client.connect();
  await authenticated;
  return started;
}

interface Frame {
  readonly headers: { readonly req_id: string };
  readonly body: { readonly msgid: string; readonly [key: string]: unknown };
}

const text = (words: string) => [{ kind: "text" as const, text: words }];
const shown = (simulator: Simulator, user = "alice") => simulator.screen({ account: BOT, user }).items;

describe("the official SDK with the simulated platform", () => {
  it("connects and authenticates", async () => {
    const { client } = await connected();

    expect(client.isConnected).toBe(true);
  });

  it("is told that its secret is wrong", async () => {
    const { client } = await start(undefined, "wrong");
    const error = once<Error>(client, "error");

    client.connect();

    expect(String(await error)).toMatch(/auth/i);
  });

  it("receives a text, streams its answer and finishes it", async () => {
    const { simulator, client } = await connected();
    const arrived = once<Frame>(client, "message.text");
    await simulator.send({ account: BOT, from: "alice", content: text("hi") });
    const frame = await arrived;

    for (const words of ["1", "123"]) await client.replyStream(frame, "stream_1", words, false);
    await client.replyStream(frame, "stream_1", "12345", true);

    expect(frame.body).toMatchObject({ aibotid: BOT, chattype: "single", from: { userid: "alice" }, msgtype: "text" });
    expect(frame.body.chatid).toBeUndefined();
    expect(shown(simulator).at(-1)).toMatchObject({ text: "12345", updates: 3, finished: true, spinning: false });
  });

  it("receives every kind of message", async () => {
    const { simulator, client } = await connected();
    const kinds: unknown[] = [];
    client.on("message", (frame: unknown) => kinds.push((frame as Frame).body.msgtype));

    for (const kind of ["image", "voice", "file", "video"] as const) {
      await simulator.send({ account: BOT, from: "alice", content: [{ kind }] });
    }
    await simulator.act("wecom-bot-ws", "mixed", {
      account: BOT,
      from: "alice",
      group: "team",
      content: [{ kind: "text", text: "look" }, { kind: "image" }],
    });
    await expect.poll(() => kinds).toEqual(["image", "voice", "file", "video", "mixed"]);
  });

  it("downloads and decrypts a file under its name", async () => {
    const { simulator, client } = await connected();
    const arrived = once<Frame>(client, "message.file");
    const base64 = Buffer.from("a report of some length").toString("base64");
    await simulator.send({ account: BOT, from: "alice", content: [{ kind: "file", base64, filename: "报告 1.txt" }] });
    const { url, aeskey } = (await arrived).body.file as { url: string; aeskey: string };

    const { buffer, filename } = await client.downloadFile(url, aeskey);

    expect(buffer.toString()).toBe("a report of some length");
    expect(filename).toBe("报告 1.txt");
  });

  it("uploads a file in pieces and sends it", async () => {
    const { simulator, client } = await connected();
    const arrived = once<Frame>(client, "message.text");
    await simulator.send({ account: BOT, from: "alice", content: text("a file please") });
    await arrived;

    const content = Buffer.alloc(1_200_000, "x");
    const { media_id } = await client.uploadMedia(content, { type: "file", filename: "big.txt" });
    await client.sendMediaMessage("alice", "file", media_id);

    expect(shown(simulator).at(-1)).toMatchObject({ kind: "file", media: { bytes: 1_200_000, filename: "big.txt" } });
  });

  it("sends Markdown and cards of its own accord, to those who wrote before", async () => {
    const { simulator, client } = await connected();
    const markdown = { msgtype: "markdown", markdown: { content: "**hello**" } } as const;
    await expect(client.sendMessage("bob", markdown)).rejects.toMatchObject({ errcode: 93006 });
    const arrived = once<Frame>(client, "message.text");
    await simulator.send({ account: BOT, from: "bob", content: text("hi") });
    await arrived;

    await client.sendMessage("bob", markdown);

    expect(shown(simulator, "bob").at(-1)).toMatchObject({ text: "**hello**", by: "api" });
  });

  it("welcomes within five seconds, and not later", async () => {
    const { simulator, client } = await connected();
    const enter = async () => {
      const arrived = once<Frame>(client, "event.enter_chat");
      await simulator.act("wecom-bot-ws", "enter", { account: BOT, from: "alice" });
      return arrived;
    };
    const welcome = { msgtype: "text", text: { content: "Welcome" } } as const;

    await client.replyWelcome(await enter(), welcome);
    const late = await enter();
    await simulator.advance(6_000);

    await expect(client.replyWelcome(late, welcome)).rejects.toMatchObject({ errcode: 846605 });
    expect(shown(simulator).filter(({ by }) => by === "welcome")).toHaveLength(1);
  });

  it("changes the card that was tapped", async () => {
    const { simulator, client } = await connected();
    const arrived = once<Frame>(client, "message.text");
    await simulator.send({ account: BOT, from: "alice", content: text("card") });
    const card = {
      card_type: "button_interaction",
      task_id: "task_1",
      main_title: { title: "Sure?" },
      button_list: [{ text: "Yes", key: "yes" }],
    };
    await client.replyTemplateCard(await arrived, card as never);
    const tapped = once<Frame>(client, "event.template_card_event");
    const item = shown(simulator).at(-1);
    await simulator.tap({ account: BOT, user: "alice", message: String(item?.id), item: "yes" });
    const event = await tapped;

    await client.updateTemplateCard(event, { ...card, main_title: { title: "Done" } } as never, ["alice"]);

    expect(event.body.event).toMatchObject({ template_card_event: { event_key: "yes", task_id: "task_1" } });
    expect(shown(simulator).find(({ id }) => id === item?.id)).toMatchObject({ title: "Done", updates: 1 });
  });

  it("is kicked by a second client, which then gets the messages", async () => {
    const { simulator, client } = await connected();
    const kicked = once(client, "event.disconnected_event");
    const second = await start(simulator);
    const authenticated = once(second.client, "authenticated");

    second.client.connect();
    await Promise.all([authenticated, kicked]);
    const arrived = once<Frame>(second.client, "message.text");
    await simulator.send({ account: BOT, from: "alice", content: text("who is there?") });

    expect((await arrived).body.msgtype).toBe("text");
  });

  it("is told when a stream's time is over", async () => {
    const { simulator, client } = await connected();
    const arrived = once<Frame>(client, "message.text");
    await simulator.send({ account: BOT, from: "alice", content: text("slow") });
    const frame = await arrived;
    await client.replyStream(frame, "s", "…", false);
    await simulator.advance(10 * 60_000 + 1_000);

    await expect(client.replyStream(frame, "s", "late", true)).rejects.toMatchObject({ errcode: 846608 });
  });

  it("may not send more than 30 messages a minute to one chat", async () => {
    const { simulator, client } = await connected();
    const arrived = once<Frame>(client, "message.text");
    await simulator.send({ account: BOT, from: "alice", content: text("hi") });
    await arrived;
    const markdown = { msgtype: "markdown", markdown: { content: "x" } } as const;
    for (let sent = 0; sent < 30; sent += 1) await client.sendMessage("alice", markdown);

    await expect(client.sendMessage("alice", markdown)).rejects.toMatchObject({ errcode: 45009 });
    await simulator.advance(61_000);
    await expect(client.sendMessage("alice", markdown)).resolves.toMatchObject({ errcode: 0 });
  });
});
