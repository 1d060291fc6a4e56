import type { OutboundContent, OutboundMessage, TransientError } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { agentXmlEnglish } from "./english.ts";
import { event } from "./fixtures/callbacks.ts";
import { createGateway, type Gateway, refusal } from "./fixtures/gateway.ts";
import { MEMBER, messageOf, OK, say, signal, start } from "./fixtures/speaking.ts";

const sendsOf = (gateway: Gateway) => gateway.calls.filter(({ path }) => path === "message/send");

describe("a reply", () => {
  it("of 5,000 Chinese characters arrives complete, in order, in texts of at most 2048 bytes", async () => {
    const { gateway, channel } = start();
    const text = Array.from({ length: 5_000 }, (_, index) => String.fromCodePoint(0x4e00 + (index % 20_000))).join("");

    await say(channel, [{ kind: "text", text }]);

    const contents = gateway.sent("message/send").map((body) => body.text.content);
    expect(contents.join("")).toBe(text);
    expect(Math.max(...contents.map((one: string) => Buffer.byteLength(one)))).toBeLessThanOrEqual(2048);
  });

  it.each([
    ["unicode", { msgtype: "text", text: { content: "𝗯𝗼𝗹𝗱" } }],
    ["plain", { msgtype: "text", text: { content: "bold" } }],
    ["markdown", { msgtype: "markdown", markdown: { content: "**bold**" } }],
  ] as const)("in Markdown is sent as %s by choice", async (format, expected) => {
    const { gateway, channel } = start(undefined, { format });

    await say(channel, [{ kind: "text", text: "**bold**" }]);

    expect(gateway.sent("message/send")).toMatchObject([expected]);
  });

  const article = { title: "T", url: "https://a.test/1" };
  it.each<[OutboundContent, object]>([
    [
      { kind: "image", mediaId: "M" },
      { msgtype: "image", image: { media_id: "M" } },
    ],
    [
      { kind: "voice", mediaId: "M" },
      { msgtype: "voice", voice: { media_id: "M" } },
    ],
    [
      { kind: "video", mediaId: "M", filename: "a.mp4" },
      { msgtype: "video", video: { media_id: "M", title: "a.mp4" } },
    ],
    [
      { kind: "file", mediaId: "M" },
      { msgtype: "file", file: { media_id: "M" } },
    ],
    [
      { kind: "link", title: "T", description: "D", url: "https://a.test" },
      { msgtype: "textcard", textcard: { title: "T", description: "D", url: "https://a.test" } },
    ],
    [
      { kind: "link", title: "T", url: "https://a.test", image: { url: "https://a.test/p.png" } },
      { msgtype: "news", news: { articles: [{ title: "T", url: "https://a.test", picurl: "https://a.test/p.png" }] } },
    ],
    [
      { kind: "articles", items: [article] },
      { msgtype: "news", news: { articles: [article] } },
    ],
    [
      { kind: "miniprogram", appId: "wx1", path: "p", title: "T" },
      { msgtype: "news", news: { articles: [{ title: "T", appid: "wx1", pagepath: "p" }] } },
    ],
    [
      { kind: "location", latitude: 1, longitude: 2, name: "Here" },
      { msgtype: "text", text: { content: /Here/ } },
    ],
    [{ kind: "handoff" }, { msgtype: "text", text: { content: "（这里没有人工客服）" } }],
    [
      { kind: "native", payload: { msgtype: "mpnews", mpnews: { articles: [] }, touser: "boss", agentid: 1 } },
      { msgtype: "mpnews", touser: "chen.yu", agentid: 1000017 },
    ],
  ])("of %j is sent in the platform's form", async (content, expected) => {
    const { gateway, channel } = start();

    await say(channel, [content]);

    const [sent] = gateway.sent("message/send");
    const words = (expected as { text?: { content?: unknown } }).text?.content;
    if (words instanceof RegExp) expect(sent.text.content).toMatch(words);
    else expect(sent).toMatchObject(expected);
  });

  it("with a mini program that has no title gets one in the channel's language", async () => {
    const nameless = { kind: "miniprogram", appId: "wx1", path: "p", title: " " } as const;
    const titles = [];
    for (const config of [{}, { notices: agentXmlEnglish.notices }]) {
      const { gateway, channel } = start(undefined, config);
      await say(channel, [nameless]);
      titles.push(gateway.sent("message/send")[0].news.articles[0].title);
    }

    expect(titles).toEqual(["小程序", "Mini program"]);
  });

  it("with more than eight articles becomes several messages", async () => {
    const { gateway, channel } = start();

    await say(channel, [{ kind: "articles", items: Array(9).fill(article) }]);

    expect(gateway.sent("message/send").map((body) => body.news.articles.length)).toEqual([8, 1]);
  });

  it("waits where a file and the word about it, two messages, would go beyond what the platform lets through", async () => {
    const { gateway, channel } = start();
    const send = () =>
      channel.send(
        messageOf([
          { kind: "file", mediaId: "M" },
          { kind: "text", text: "as a file", format: "plain" },
        ]),
        signal,
      );
    for (let at = 0; at < 14; at += 1) await send();

    const error = await send().catch((reason: TransientError) => reason);
    expect(error).toMatchObject({ code: "wecom.member-paced", sent: "no" });
    expect(gateway.sent("message/send")).toHaveLength(28);
    gateway.nowMs = (error as { until: { at: Date } }).until.at.getTime();
    await send();

    expect(gateway.sent("message/send")).toHaveLength(30);
  });

  it("waits where one of several members named at once has had as many as the platform lets through", async () => {
    const { gateway, channel } = start();
    const words = [{ kind: "text", text: "hi" }] as const;
    const both = { to: { ...MEMBER, kind: "audience", peer: "user:wang.li|Chen.Yu" } } as const;
    for (let at = 0; at < 28; at += 1) await say(channel, words);
    await say(channel, words, both);

    const failed = await Promise.allSettled([say(channel, words, both), say(channel, words)]);
    await say(channel, words, { to: { ...MEMBER, peer: "wang.li" } });

    const paced = { status: "rejected", reason: { code: "wecom.member-paced", sent: "no" } };
    expect(failed).toMatchObject([paced, paced]);
    expect(gateway.sent("message/send")).toHaveLength(30);
  });

  it("is confidential only where the platform takes that", async () => {
    const { gateway, channel } = start(undefined, { safe: true });

    await say(channel, [
      { kind: "text", text: "x" },
      { kind: "articles", items: [article] },
    ]);

    expect(gateway.sent("message/send").map(({ safe }) => safe)).toEqual([1, undefined]);
  });

  it("in the platform's own JSON is refused when the platform would cut it", async () => {
    const { channel } = start();
    const payload = { msgtype: "text", text: { content: "字".repeat(700) } };

    await expect(say(channel, [{ kind: "native", payload }])).rejects.toThrow("would cut it silently");
  });
});

describe("a repeated message", () => {
  it("is the same request, byte for byte, also from another process and with its keys in another order", async () => {
    const gateway = createGateway();
    const card = {
      card_type: "text_notice",
      main_title: { title: "T" },
      card_action: { type: 1, url: "https://a.test" },
    };
    const { main_title, card_action, card_type } = card;
    const first = messageOf([{ kind: "card", card }]);
    const again = {
      ...first,
      attempt: 2,
      piece: { content: [{ kind: "card", card: { card_action, main_title, card_type } }] },
    };

    await start(gateway).channel.send(first, signal);
    await start(gateway).channel.send(again as OutboundMessage, signal);

    const [one, two] = sendsOf(gateway);
    expect(two?.text).toBe(one?.text);
    expect(one?.body).toMatchObject({ enable_duplicate_check: 1 });
  });

  it("is another request than an equal answer of another turn", async () => {
    const { gateway, channel } = start();

    await say(channel, [{ kind: "text", text: "ok" }]);
    await say(channel, [{ kind: "text", text: "ok" }]);

    const [one, two] = sendsOf(gateway);
    expect(one?.text).not.toBe(two?.text);
    const { duplicate_check_interval: seconds } = one?.body ?? {};
    expect([Number.isInteger(seconds), seconds >= 1, seconds <= 14_400]).toEqual([true, true, true]);
  });
});

describe("the answer of the platform", () => {
  it("that names receivers it left out is reported, and nothing is repeated", async () => {
    const { gateway, channel } = start();
    gateway.on("message/send", {
      ...OK,
      ...{ invaliduser: "nobody", unlicenseduser: "lisi", invalidparty: "9", invalidtag: "5", msgid: "m1" },
    });

    const [receipt] = await say(channel, [{ kind: "text", text: "hi" }], {
      to: { ...MEMBER, kind: "audience", peer: "user:nobody|lisi|chen.yu" },
    });

    expect(receipt).toEqual({
      platformId: "m1",
      handle: { msgId: "m1" },
      refused: ["nobody", "lisi (no licence)", "party:9", "tag:5"],
    });
    expect(sendsOf(gateway)).toHaveLength(1);
  });

  it("that leaves the only receiver out is no success", async () => {
    const { gateway, channel } = start();
    gateway.on("message/send", { ...OK, unlicenseduser: "chen.yu", msgid: "m1" });

    await expect(say(channel, [{ kind: "text", text: "hi" }])).rejects.toMatchObject({
      name: "RejectedError",
      code: "wecom.receiver-refused",
    });
  });

  it("60020 degrades the account, says which address to allow, and receiving goes on", async () => {
    const { gateway, channel } = start();
    gateway.on("message/send", refusal(60020, "not allow to access from your ip"));

    await expect(say(channel, [{ kind: "text", text: "hi" }])).rejects.toMatchObject({ name: "AuthenticationError" });
    const response = await channel.webhook?.(event("view"));

    expect(channel.health()).toMatchObject({
      state: "degraded",
      accounts: [{ account: "1000017", state: "degraded", hint: expect.stringContaining("203.0.113.9") }],
    });
    expect(response?.status).toBe(200);
    gateway.on("message/send", { ...OK, msgid: "m" });
    await say(channel, [{ kind: "text", text: "hi" }]);
    expect(channel.health().state).toBe("ok");
  });

  it("42001 in the middle costs one new token and no message", async () => {
    const { gateway, channel } = start();
    let refused = false;
    gateway.on("message/send", ({ body }) => {
      if (body.text.content !== "3" || refused) return { ...OK, msgid: body.text.content };
      refused = true;
      return refusal(42001);
    });

    for (const text of ["1", "2", "3", "4"]) await say(channel, [{ kind: "text", text }]);

    expect(gateway.calls.filter(({ path }) => path === "gettoken")).toHaveLength(2);
    expect(sendsOf(gateway).map(({ body }) => body.text.content)).toEqual(["1", "2", "3", "3", "4"]);
  });

  it("of twenty messages at once costs one gettoken", async () => {
    const { gateway, channel } = start();

    await Promise.all(Array.from({ length: 20 }, () => say(channel, [{ kind: "text", text: "hi" }])));

    expect(gateway.calls.filter(({ path }) => path === "gettoken")).toHaveLength(1);
    expect(sendsOf(gateway)).toHaveLength(20);
  });

  it("-1 is tried three times in a row, then not before a minute is over", async () => {
    const { gateway, channel } = start();
    gateway.on("message/send", refusal(-1));

    const error = await say(channel, [{ kind: "text", text: "hi" }]).catch((one) => one);

    expect(sendsOf(gateway)).toHaveLength(3);
    expect(error.until.at.getTime() - gateway.nowMs).toBeGreaterThanOrEqual(60_000);
  });

  it("45009 waits a minute or more", async () => {
    const { gateway, channel } = start();
    gateway.on("message/send", refusal(45009));

    const error = await say(channel, [{ kind: "text", text: "hi" }]).catch((one) => one);

    expect(error.until.at.getTime() - gateway.nowMs).toBeGreaterThanOrEqual(60_000);
  });

  it("40007 has the file uploaded again, but not for ever", async () => {
    const { gateway, channel } = start();
    gateway.on("message/send", refusal(40007));
    const file: OutboundContent = { kind: "file", mediaId: "OLD" };

    const first = await channel.send(messageOf([file]), signal).catch((one) => one);
    const third = await channel.send(messageOf([file], { attempt: 3 }), signal).catch((one) => one);

    expect([first.restage, third.name]).toEqual([true, "RejectedError"]);
  });
});

describe("a file", () => {
  it("that is no picture the platform takes goes as a file, with a word about it", async () => {
    const { gateway, channel } = start();

    await say(channel, [{ kind: "image", url: "https://a.test/dance.gif" }]);

    expect(gateway.calls.find(({ path }) => path === "media/upload")?.query.get("type")).toBe("file");
    expect(gateway.sent("message/send")).toMatchObject([
      { msgtype: "file", file: { media_id: "MEDIA-1" } },
      { msgtype: "text", text: { content: expect.stringContaining("图片须为 JPG 或 PNG 格式") } },
    ]);
  });

  it("that cannot be sent at all is said in words, and the text beside it arrives", async () => {
    const { gateway, channel } = start();

    await say(channel, [
      { kind: "text", text: "see below" },
      { kind: "file", text: "tiny", filename: "a.txt" },
    ]);

    expect(gateway.sent("message/send").map((body) => body.text.content)).toEqual([
      "see below",
      expect.stringContaining("文件未能发送"),
    ]);
  });
});
