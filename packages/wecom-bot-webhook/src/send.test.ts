import { createHash } from "node:crypto";
import { type OutboundContent, RejectedError, type TrackedResponse } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { RESPONSE_URL } from "./fixtures/callbacks.ts";
import { type HookOptions, say, startHook } from "./fixtures/hook.ts";
import { bubbleIdOf } from "./stream-id.ts";

const ID = bubbleIdOf("m-1");
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const PATIENCE_MS = 21_000;
const CARD: OutboundContent = {
  kind: "card",
  card: { card_type: "button_interaction", main_title: { title: "Go?" }, button_list: [{ text: "Yes", key: "yes" }] },
};

async function withMessage(options: HookOptions = {}) {
  const hook = startHook(options);
  await hook.ask(hook.platform.text("hello"));
  return hook;
}
const png = async () => ({
  body: (async function* () {
    yield PNG;
  })(),
  mime: "image/png",
});

describe("an answer", () => {
  it("is the end of its bubble, and sent when the platform has fetched it", async () => {
    const hook = await withMessage();
    const { sent } = await hook.send(hook.pieces(say("the answer"))[0]!);

    const end = await hook.shown(ID);

    expect(end).toMatchObject({ id: ID, finish: true, content: "the answer" });
    expect(await sent).toEqual({ platformId: ID });
    expect(hook.posts).toEqual([]);
  });

  it("fetched by another gateway is sent too", async () => {
    const hook = await withMessage();
    const { sent } = await hook.send(hook.pieces(say("the answer"))[0]!);
    hook.restart();

    await hook.shown(ID);
    await hook.clock.advance(1_000);

    expect(await sent).toEqual({ platformId: ID });
  });

  it("fetched twice, since the response was lost, is the same", async () => {
    const hook = await withMessage();
    await hook.send(hook.pieces(say("the answer"))[0]!);

    expect(await hook.shown(ID)).toEqual(await hook.shown(ID));
  });

  it("is not sent while the response with it has not left, and is fetched again", async () => {
    const hook = await withMessage();
    const { sent } = await hook.send(hook.pieces(say("the answer"))[0]!);

    await hook.shown(ID, false);
    await hook.clock.advance(2_000);
    expect(await Promise.race([sent, "waits"])).toBe("waits");
    await hook.shown(ID);

    expect(await sent).toEqual({ platformId: ID });
    expect(hook.posts).toEqual([]);
  });

  it("that was lost with the process before its response left goes out by response_url, once", async () => {
    const hook = await withMessage();
    const [piece] = hook.pieces(say("the answer"));
    const { die } = await hook.send(piece!);
    await hook.shown(ID, "nobody knows");
    die();
    hook.restart();

    const { sent } = await hook.send(piece!, { attempt: 2 });
    await hook.clock.advance(PATIENCE_MS);

    expect(await sent).toEqual({ platformId: "d-1" });
    expect(hook.posts).toHaveLength(1);
  });

  it("that was lost with the process ends its bubble when the platform asks again, and only there", async () => {
    const hook = await withMessage();
    const [piece] = hook.pieces(say("the answer"));
    const { die } = await hook.send(piece!);
    await hook.shown(ID, "nobody knows");
    die();
    hook.restart();

    const { sent } = await hook.send(piece!, { attempt: 2 });
    await hook.clock.advance(10_000);
    const again = await hook.shown(ID);
    await hook.clock.advance(PATIENCE_MS);

    expect(again).toMatchObject({ finish: true, content: "the answer" });
    expect(await sent).toEqual({ platformId: ID });
    expect(hook.posts).toEqual([]);
  });

  it("whose fetch could not be noted is offered again rather than lost", async () => {
    const hook = await withMessage();
    await hook.send(hook.pieces(say("the answer"))[0]!);
    const { compareAndSet } = hook.ports.state;
    let broken = false;
    Object.assign(hook.ports.state, {
      async compareAndSet(...args: Parameters<typeof compareAndSet>) {
        if (broken) throw new Error("the disk is full");
        return compareAndSet(...args);
      },
    });

    const response = await hook.receive(hook.platform.refresh(ID));
    broken = true;
    (response as TrackedResponse).sent(true);
    await hook.clock.advance(1);
    broken = false;

    expect(await hook.shown(ID)).toMatchObject({ finish: true, content: "the answer" });
    expect(hook.logs.filter(({ level }) => level === "error")).toHaveLength(1);
  });

  it("that was on its way when the process was killed ends the same bubble", async () => {
    const hook = await withMessage();
    const [piece] = hook.pieces(say("the answer"));
    await hook.send(piece!);
    hook.restart();

    const { sent } = await hook.send(piece!, { attempt: 2 });
    await hook.shown(ID);

    expect(await sent).toEqual({ platformId: ID });
    expect(hook.posts).toEqual([]);
  });

  it("that nobody fetches goes out by response_url, and its bubble points to it", async () => {
    const hook = await withMessage();
    const { sent } = await hook.send(hook.pieces(say("the answer"))[0]!);

    await hook.clock.advance(PATIENCE_MS);

    expect(await sent).toEqual({ platformId: "d-1" });
    expect(hook.posts).toEqual([
      {
        url: RESPONSE_URL,
        body: { msgtype: "markdown", markdown: { content: "the answer", feedback: { id: "d-1" } } },
      },
    ]);
    expect(await hook.shown(ID)).toMatchObject({ finish: true, content: "（请查看下面的消息）" });
    expect(hook.channel.health().state).toBe("degraded");
  });

  it("that went out by response_url is what people rate with the bubble they see above it", async () => {
    const hook = await withMessage();
    const { sent } = await hook.send(hook.pieces(say("the answer"))[0]!);
    await hook.clock.advance(PATIENCE_MS);
    await sent;

    await hook.ask(hook.platform.event("feedback_event", { id: ID, type: 1 }));

    expect(hook.inbox.events).toMatchObject([{ kind: "feedback", messageId: "d-1", score: "good" }]);
  });

  it("after 12 minutes goes out by response_url", async () => {
    const hook = await withMessage();
    const stream = hook.channel.openStream?.(hook.target());
    await hook.clock.advance(340_000);
    await hook.shown(ID);
    await hook.clock.advance(380_000);

    const { sent } = await hook.send(hook.pieces(say("at last"))[0]!, { stream: stream?.handle ?? {} });

    expect(await sent).toEqual({ platformId: "d-1" });
    expect(hook.posts).toHaveLength(1);
  });

  it("after more than an hour waits for the member's next message", async () => {
    const hook = await withMessage();
    await hook.clock.advance(3_700_000);

    const { sent } = await hook.send(hook.pieces(say("at last"))[0]!);

    await expect(sent).rejects.toMatchObject({ code: "wecom-bot.no-way-left", until: "customer", sent: "no" });
    expect(hook.posts).toEqual([]);
  });

  it("stays in its bubble to the end of its time where there is no other way", async () => {
    const hook = startHook();
    await hook.ask(hook.platform.text("hello", { response_url: "" }));
    const { sent } = await hook.send(hook.pieces(say("the answer"))[0]!);

    await hook.clock.advance(200_000);
    const late = await hook.shown(ID);

    expect(late).toMatchObject({ finish: true, content: "the answer" });
    expect(await sent).toEqual({ platformId: ID });
  });

  it("of 60,000 bytes comes in three parts: the bubble, the address, the next message's bubble", async () => {
    const hook = await withMessage();
    const text = "天地玄黄宇宙洪荒。".repeat(2_222);
    const parts = hook.pieces(say(text));

    const first = await hook.send(parts[0]!, { id: "d-1" });
    const shown = [(await hook.shown(ID)).content];
    await first.sent;
    const second = await hook.send(parts[1]!, { id: "d-2", note: "more-waits" });
    await second.sent;
    const waits = await hook.send(parts[2]!, { id: "d-3" });
    await expect(waits.sent).rejects.toMatchObject({ until: "customer" });
    await hook.ask(hook.platform.text("继续", { msgid: "m-2", response_url: `${RESPONSE_URL}2` }));
    const third = await hook.send(parts[2]!, { id: "d-3", attempt: 2 });
    const { markdown } = hook.posts[0]!.body as { markdown: { content: string } };
    shown.push(markdown.content, (await hook.shown(bubbleIdOf("m-2"))).content);
    await third.sent;

    expect(parts).toHaveLength(3);
    expect(shown.map((part) => Buffer.byteLength(part)).filter((bytes) => bytes > 20_480)).toEqual([]);
    expect(markdown.content).toContain("回复“继续”查看其余内容");
    expect(shown.join("").replace(/\s*（未完，.*?）/, "")).toBe(text);
  });

  it("that waited comes into the bubble of the next message, also when that has a very long id", async () => {
    const hook = await withMessage();
    await hook.clock.advance(3_700_000);
    const { sent } = await hook.send(hook.pieces(say("at last"))[0]!);
    await expect(sent).rejects.toMatchObject({ until: "customer" });
    const msgid = "m".repeat(300);
    await hook.ask(hook.platform.text("继续", { msgid, response_url: "" }));

    const again = await hook.send(hook.pieces(say("at last"))[0]!, { attempt: 2 });

    expect(await hook.shown(bubbleIdOf(msgid))).toMatchObject({ finish: true, content: "at last" });
    await again.sent;
  });

  it("does not end a bubble in which another answer grows", async () => {
    const hook = await withMessage();
    await hook.ask(hook.platform.text("next", { msgid: "m-2", response_url: `${RESPONSE_URL}2` }));
    hook.channel.openStream?.(hook.target(["m-2"])).update("growing");
    await hook.clock.advance(600);
    const first = await hook.send(hook.pieces(say("one"))[0]!);
    await hook.shown(ID);
    await first.sent;

    const second = await hook.send(hook.pieces(say("two"))[0]!, { id: "d-2" });
    await second.sent;

    expect(await hook.shown(bubbleIdOf("m-2"))).toMatchObject({ finish: false, content: "growing" });
    expect(hook.posts).toHaveLength(1);
  });

  it("in a group never ends the bubble of another member's question", async () => {
    const hook = startHook();
    const group = { chattype: "group", chatid: "wrG" };
    await hook.ask(hook.platform.text("mine", group));
    await hook.ask(
      hook.platform.text("yours", { ...group, msgid: "m-2", from: { userid: "other" }, response_url: "" }),
    );
    const to = { ...hook.target().to, kind: "group", peer: "wrG" } as const;
    const first = await hook.send(hook.pieces(say("one"))[0]!, { to });
    await hook.shown(ID);
    await first.sent;

    await (await hook.send(hook.pieces(say("two"))[0]!, { id: "d-2", to })).sent;

    expect(await hook.shown(bubbleIdOf("m-2"))).toMatchObject({ finish: false });
    expect(hook.posts).toHaveLength(1);
  });

  it("gives up its wait when it is told to", async () => {
    const hook = await withMessage();
    const stop = new AbortController();
    const [piece] = hook.pieces(say("x"));
    const sent = hook.channel.send(
      { id: "d-1", replyId: "r", attempt: 1, piece: piece!, ...hook.target() },
      stop.signal,
    );
    stop.abort();

    await expect(sent).rejects.toMatchObject({ code: "wecom-bot.not-fetched", sent: "no" });
  });
});

describe("a response_url", () => {
  it("is used once, whatever became of it", async () => {
    const hook = await withMessage({
      answer: () => Response.json({ errcode: 45009, errmsg: "no, from ip: 203.0.113.9" }),
    });
    await hook.clock.advance(400_000);
    const [piece] = hook.pieces(say("x"));

    const first = await hook.send(piece!);
    const second = await hook.send(piece!, { attempt: 2 });

    await expect(first.sent).rejects.toMatchObject({ code: "wecom-bot.response-url-refused", platformCode: 45009 });
    await expect(first.sent).rejects.not.toThrow(/203/);
    await expect(second.sent).rejects.toMatchObject({ code: "wecom-bot.no-way-left" });
    expect(hook.posts).toHaveLength(1);
  });

  it("that was certainly not reached may be used again", async () => {
    let down = true;
    const hook = await withMessage({
      answer() {
        if (down) throw Object.assign(new TypeError(`connect ${RESPONSE_URL}`), { sent: "no" });
        return Response.json({ errcode: 0 });
      },
    });
    await hook.clock.advance(400_000);
    const [piece] = hook.pieces(say("x"));
    const first = await hook.send(piece!);
    await expect(first.sent).rejects.toMatchObject({ sent: "no" });
    down = false;

    const second = await hook.send(piece!, { attempt: 2 });

    expect(await second.sent).toEqual({ platformId: "d-1" });
  });

  it.each([
    ["breaks off", () => Promise.reject(new TypeError(`fetch failed: ${RESPONSE_URL}`))],
    ["answers a page", () => new Response("<html>")],
    ["answers 502", () => new Response("bad", { status: 502 })],
  ])("that %s leaves the outcome unknown, and names itself nowhere", async (_name, answer) => {
    const hook = await withMessage({ answer });
    await hook.clock.advance(400_000);

    const { sent } = await hook.send(hook.pieces(say("x"))[0]!);
    const error = (await sent.catch((reason: unknown) => reason)) as Error;

    expect(error).toMatchObject({ name: "TransientError", sent: "unknown" });
    expect(`${error.message} ${String(error.cause)} ${JSON.stringify(hook.logs)}`).not.toContain("CANARY");
  });

  it("is given up after 15 seconds", async () => {
    const hook = await withMessage({
      answer: (_post, signal) =>
        new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
    });
    await hook.clock.advance(400_000);
    const { sent } = await hook.send(hook.pieces(say("x"))[0]!);

    await hook.clock.advance(16_000);

    await expect(sent).rejects.toMatchObject({ sent: "unknown" });
  });

  it("of a wrong content ends the message", async () => {
    const hook = await withMessage({ answer: () => Response.json({ errcode: 40058, errmsg: "invalid" }) });
    await hook.clock.advance(400_000);

    const { sent } = await hook.send(hook.pieces(say("x"))[0]!);

    await expect(sent).rejects.toBeInstanceOf(RejectedError);
  });

  it("may be on the configured host, by its own scheme only", async () => {
    const url = "http://127.0.0.1:9100/cgi-bin/aibot/response?response_code=1";
    const hook = startHook({ config: { apiBaseUrl: "http://127.0.0.1:9100" } });

    await hook.ask(hook.platform.text("one", { response_url: url }));
    await hook.ask(hook.platform.text("two", { msgid: "m-2", response_url: "https://127.0.0.1:9100/x" }));

    expect(hook.inbox.messages.map(({ replyHandle }) => replyHandle?.url)).toEqual([url, undefined]);
  });
});

describe("pictures", () => {
  const image = (n: number): OutboundContent => ({ kind: "image", url: `https://example.com/${n}.png` });

  it("go with the words into the last packet, as base64 with their md5", async () => {
    const hook = await withMessage({ media: { open: png } });
    const pieces = hook.pieces(image(1), say("look"), image(2));
    const staged = await hook.channel.stage?.(pieces[0]!, hook.target(), new AbortController().signal);

    const { sent } = await hook.send(staged!);
    hook.restart();
    const end = await hook.shown(ID);
    await hook.clock.advance(1_000);
    await sent;

    const item = {
      msgtype: "image",
      image: { base64: PNG.toString("base64"), md5: createHash("md5").update(PNG).digest("hex") },
    };
    expect(pieces).toHaveLength(1);
    expect(end).toMatchObject({ finish: true, content: "look", msg_item: [item, item] });
  });

  it("are ten in one packet at most", () => {
    const hook = startHook();

    const pieces = hook.pieces(...Array.from({ length: 12 }, (_, n) => image(n)));

    expect(pieces.map(({ content }) => content.length)).toEqual([10, 2]);
  });

  it("become links where the answer goes out by response_url", async () => {
    const hook = await withMessage({ media: { open: png } });
    const [piece] = hook.pieces(say("look"), { ...image(1), filename: "a.png" } as OutboundContent);
    const staged = await hook.channel.stage?.(piece!, hook.target(), new AbortController().signal);
    await hook.clock.advance(400_000);

    const { sent } = await hook.send(staged!);
    await sent;

    expect(hook.posts[0]?.body).toMatchObject({
      markdown: { content: "look\n\n[a.png](https://example.com/1.png)" },
    });
  });

  it("that cannot be had are said to be missing", async () => {
    const hook = await withMessage();
    const [piece] = hook.pieces({ kind: "image", path: "/etc/passwd" });

    const staged = await hook.channel.stage?.(piece!, hook.target(), new AbortController().signal);

    expect(staged?.content).toMatchObject([{ kind: "text", text: "（有一个文件未能发送）" }]);
  });
});

describe("files", () => {
  it.each([
    [
      { kind: "file", url: "https://example.com/a b(1).pdf", filename: "a.pdf" },
      "[a.pdf](https://example.com/a%20b%281%29.pdf)",
    ],
    [{ kind: "file", path: "/srv/private/a.pdf", filename: "a.pdf" }, "（有一个文件未能发送）"],
    [{ kind: "file", text: "all of it", filename: "a.md" }, "all of it"],
    [{ kind: "video", mediaId: "M1" }, "（有一个文件未能发送）"],
  ] as const)("have no way on callbacks: %j", (file, text) => {
    expect(startHook().pieces(file)).toMatchObject([{ content: [{ kind: "text", text }] }]);
  });
});

describe("a card", () => {
  it("that a model got wrong is said in words to whoever waits for an answer, and refused to anybody else", async () => {
    const wrong = { kind: "card", card: { card_type: "vote_interaction", main_title: { title: "Tea?" } } } as const;
    const hook = await withMessage();
    const { signal } = new AbortController();
    const staged = (answers: readonly string[]) =>
      hook.channel.stage?.({ content: [wrong] }, { ...hook.target(), answers }, signal);

    expect(await staged(["m-1"])).toMatchObject({ content: [{ kind: "text", text: "Tea?" }] });
    await expect(staged([])).rejects.toMatchObject({ code: "card.invalid", message: "card.checkbox is missing" });
    expect(() => hook.channel.check?.(wrong)).toThrow("card.checkbox is missing");
    expect(() => startHook({ config: { welcomeCard: wrong.card } })).toThrow("welcomeCard: card.checkbox is missing");
  });

  it("comes with the end of the bubble, and is changed by a tap inside the response", async () => {
    const hook = await withMessage();
    const { sent } = await hook.send(hook.pieces(say("Please choose"), CARD)[0]!);
    const reply = await hook.ask(hook.platform.refresh(ID));
    await sent;

    const tapped = await hook.ask(
      hook.platform.event("template_card_event", { card_type: "button_interaction", event_key: "yes", task_id: "d-1" }),
    );

    expect(reply).toMatchObject({
      msgtype: "stream_with_template_card",
      stream: { finish: true, content: "Please choose" },
      template_card: { card_type: "button_interaction", task_id: "d-1" },
    });
    expect(tapped).toMatchObject({
      response_type: "update_template_card",
      userids: ["wmUser1"],
      template_card: { task_id: "d-1", button_list: [{ text: "已提交", key: "yes" }] },
    });
    expect(hook.inbox.messages.at(-1)).toMatchObject({ id: "e-1", content: [{ kind: "action", key: "yes" }] });
  });

  it("alone goes by response_url in a single chat; in a group its words do", async () => {
    const hook = await withMessage();
    const chat = { chattype: "group", chatid: "wrG", msgid: "m-2", response_url: `${RESPONSE_URL}2` };
    await hook.ask(hook.platform.text("hello", chat));
    await hook.clock.advance(400_000);
    const [piece] = hook.pieces(CARD);
    const { handles } = hook.target();

    await (await hook.send(piece!)).sent;
    const group = { to: { ...hook.target().to, kind: "group", peer: "wrG" } as const, handles: handles.slice(0, 1) };
    await (await hook.send(piece!, { id: "d-2", answers: ["m-2"], ...group })).sent;

    expect(hook.posts.map(({ body }) => body.msgtype)).toEqual(["template_card", "markdown"]);
    expect(JSON.stringify(hook.posts[1]?.body)).toContain("Go?");
  });

  it("tapped is answered by the event's response_url", async () => {
    const hook = startHook();
    const fields = { card_type: "button_interaction", event_key: "yes", task_id: "t" };
    await hook.ask(hook.platform.event("template_card_event", fields, { response_url: RESPONSE_URL }));

    await (await hook.send(hook.pieces(say("done"))[0]!, {}, ["e-1"])).sent;

    expect(hook.posts).toMatchObject([{ url: RESPONSE_URL, body: { markdown: { content: "done" } } }]);
  });
});

it("the bot's own JSON without a msgtype is refused in words", async () => {
  const hook = await withMessage();

  const { sent } = await hook.send(hook.pieces({ kind: "native", payload: { markdown: { content: "raw" } } })[0]!);

  await expect(sent).rejects.toMatchObject({
    name: "RejectedError",
    code: "wecom-bot.native-without-msgtype",
    hint: expect.stringContaining('{ "msgtype": "markdown"'),
  });
  expect(hook.posts).toEqual([]);
});

it("the bot's own JSON goes by response_url as it is", async () => {
  const hook = await withMessage();
  const payload = { msgtype: "markdown", markdown: { content: "raw" } };

  await (await hook.send(hook.pieces({ kind: "native", payload })[0]!)).sent;

  expect(hook.posts).toMatchObject([{ body: payload }]);
  expect(await hook.shown(ID)).toMatchObject({ finish: true, content: "（请查看下面的消息）" });
});
