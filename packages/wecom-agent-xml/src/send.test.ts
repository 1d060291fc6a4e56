import type { Channel, OutboundContent, OutboundMessage } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { createAgentApi } from "./api.ts";
import { CONFIG, event, passiveReply } from "./fixtures/callbacks.ts";
import { createGateway, type Gateway, refusal } from "./fixtures/gateway.ts";
import { type AgentXmlOptions, createAgentXmlChannel } from "./index.ts";

const OK = { errcode: 0, errmsg: "ok" };
const signal = new AbortController().signal;
const MEMBER = { channel: "app", account: "1000017", kind: "direct", peer: "chen.yu" } as const;

function start(gateway = createGateway(), options: Partial<AgentXmlOptions> = {}) {
  const channel = createAgentXmlChannel("app", { ...CONFIG, ...options } as AgentXmlOptions, gateway.ports());
  return { gateway, channel };
}

let counter = 0;
function messageOf(content: readonly OutboundContent[], more: Partial<OutboundMessage> = {}): OutboundMessage {
  counter += 1;
  const base = { id: `id-${counter}`, replyId: "r", to: MEMBER, answers: ["1"], handles: [], attempt: 1 };
  return { ...base, piece: { content }, ...more };
}

/** Prepares, stages and sends like the dispatcher. */
async function say(channel: Channel, content: readonly OutboundContent[], more: Partial<OutboundMessage> = {}) {
  const to = more.to ?? MEMBER;
  const receipts = [];
  for (const piece of channel.prepare(content, { to, longReply: "continue" })) {
    const message = messageOf([], { to, ...more });
    const staged = (await channel.stage?.(piece, message, signal)) ?? piece;
    receipts.push(await channel.send({ ...message, piece: staged }, signal));
  }
  return receipts;
}

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

  it("with more than eight articles becomes several messages", async () => {
    const { gateway, channel } = start();

    await say(channel, [{ kind: "articles", items: Array(9).fill(article) }]);

    expect(gateway.sent("message/send").map((body) => body.news.articles.length)).toEqual([8, 1]);
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

  it("-1 is tried three times in all", async () => {
    const { gateway, channel } = start();
    gateway.on("message/send", refusal(-1));

    await expect(say(channel, [{ kind: "text", text: "hi" }])).rejects.toMatchObject({ name: "TransientError" });

    expect(sendsOf(gateway)).toHaveLength(3);
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

describe("a probe", () => {
  it.each([
    [{ ...OK, ip_list: [] }, { state: "ok" }],
    [
      refusal(60020, "not allow to access from your ip"),
      { state: "degraded", hint: expect.stringContaining("203.0.113.9") },
    ],
    [new TypeError("fetch failed"), { state: "degraded", reason: expect.stringContaining("getcallbackip") }],
  ])("tells what it found: %j", async (answer, expected) => {
    const { gateway, channel } = start();
    gateway.on("getcallbackip", answer);

    expect(await channel.probe?.(signal)).toMatchObject(expected);
  });
});

describe("the typed API", () => {
  it("takes a message back, changes groups, and reads them", async () => {
    const gateway = createGateway();
    const { corpId, secret, apiBaseUrl } = CONFIG;
    const api = createAgentApi({ ...gateway.ports(), corpId, secret, apiBaseUrl, agentId: 1000017 });
    gateway.on("appchat/create", { ...OK, chatid: "C1" });
    gateway.on("appchat/get", { ...OK, chat_info: { chatid: "C1", name: "Team", owner: "a", userlist: ["a", "b"] } });

    await api.recall("m1");
    await api.updateCard({ responseCode: "R", parties: [1], tags: [2], change: { buttonText: "Done" } });
    const chatId = await api.createChat({ name: "Team", members: ["a", "b"] });
    await api.updateChat(chatId, { add: ["c"], remove: ["b"] });
    const chat = await api.getChat(chatId);

    expect(gateway.sent("message/recall")).toEqual([{ msgid: "m1" }]);
    expect(gateway.sent("message/update_template_card")).toEqual([
      { partyids: [1], tagids: [2], agentid: 1000017, response_code: "R", button: { replace_name: "Done" } },
    ]);
    expect(gateway.sent("appchat/create")).toEqual([{ name: "Team", userlist: ["a", "b"] }]);
    expect(gateway.sent("appchat/update")).toEqual([{ chatid: "C1", add_user_list: ["c"], del_user_list: ["b"] }]);
    expect(chat).toEqual({ chatId: "C1", name: "Team", owner: "a", members: ["a", "b"] });
  });
});

describe("a receiver", () => {
  it.each([
    ["party:12", { toparty: "12" }],
    ["tag:3", { totag: "3" }],
    ["user:a|b", { touser: "a|b" }],
  ])("%s is the only one named", async (text, receiver) => {
    const { gateway, channel } = start();

    await say(channel, [{ kind: "text", text: "hi" }], { to: await channel.target(text) });

    const { touser, toparty, totag } = gateway.sent("message/send")[0];
    expect({ touser, toparty, totag }).toEqual({
      touser: undefined,
      toparty: undefined,
      totag: undefined,
      ...receiver,
    });
  });

  it("is everybody only when the configuration allows that", async () => {
    const allowed = start(undefined, { allowBroadcast: true });

    await say(allowed.channel, [{ kind: "text", text: "hi" }], { to: await allowed.channel.target("@all") });

    expect(allowed.gateway.sent("message/send")).toMatchObject([{ touser: "@all" }]);
    await expect(Promise.resolve().then(() => start().channel.target("user:@all"))).rejects.toMatchObject({
      code: "wecom.broadcast-not-allowed",
      hint: expect.stringContaining("allowBroadcast"),
    });
  });

  it("may be a tag by its name, which is looked up", async () => {
    const { gateway, channel } = start();
    gateway.on("tag/list", { ...OK, taglist: [{ tagid: 7, tagname: "Ops" }] });

    expect(await channel.target("tag:Ops")).toMatchObject({ kind: "audience", peer: "tag:7" });
    await expect(channel.target("tag:Nope")).rejects.toThrow('there is no tag "Nope"');
  });

  it("may be a group chat of the app, where a card is its words", async () => {
    const { gateway, channel } = start();
    gateway.on("appchat/get", { ...OK, chat_info: { chatid: "wr1", userlist: ["a", "b"] } });
    const to = await channel.target("group:wr1");

    const receipts = await say(channel, [{ kind: "card", card: { main_title: { title: "Title" } } }], { to });

    expect(gateway.sent("appchat/send")).toEqual([{ chatid: "wr1", msgtype: "text", text: { content: "Title" } }]);
    expect(receipts).toEqual([{ unconfirmed: true }]);
  });

  it("in a group waits when its members would get more than the platform lets through", async () => {
    const { gateway, channel } = start(undefined, { groupLimits: { receiversPerMinute: 5 } });
    gateway.on("appchat/get", { ...OK, chat_info: { chatid: "wr1", userlist: ["a", "b"] } });
    const to = await channel.target("group:wr1");
    const write = () => say(channel, [{ kind: "text", text: "hi" }], { to });

    await write();
    await write();
    const third = await write().catch((error) => error);
    gateway.nowMs = third.until.at.getTime();
    await write();

    expect(third.code).toBe("wecom.group-paced");
    expect(gateway.sent("appchat/send")).toHaveLength(3);
  });
});

describe("a file", () => {
  it("that is no picture the platform takes goes as a file, with a word about it", async () => {
    const { gateway, channel } = start();

    await say(channel, [{ kind: "image", url: "https://a.test/dance.gif" }]);

    expect(gateway.calls.find(({ path }) => path === "media/upload")?.query.get("type")).toBe("file");
    expect(gateway.sent("message/send")).toMatchObject([
      { msgtype: "file", file: { media_id: "MEDIA-1" } },
      { msgtype: "text", text: { content: expect.stringContaining("a picture must be JPG or PNG") } },
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

describe("a template card", () => {
  const CARD = {
    card_type: "button_interaction",
    main_title: { title: "Approve?" },
    button_list: [
      { text: "Yes", key: "yes", style: "1" },
      { text: "No", key: "no" },
    ],
  };
  const sendCard = async (channel: Channel, card: object = CARD, more: Partial<OutboundMessage> = {}) =>
    say(channel, [{ kind: "card", card: card as Record<string, never> }], more);
  const tap = (taskId: string, code = "CODE-TAP", key = "yes") =>
    event(
      "template_card_event",
      `<EventKey>${key}</EventKey><TaskId>${taskId}</TaskId><CardType>button_interaction</CardType><ResponseCode>${code}</ResponseCode>`,
    );

  it("is completed: a task id, numbers as numbers", async () => {
    const { gateway, channel } = start();

    await sendCard(channel);

    const [{ template_card: card }] = gateway.sent("message/send");
    expect(card.button_list[0].style).toBe(1);
    expect(card.task_id).toMatch(/^id-\d+$/);
  });

  it("shows its new state after a tap, also when the tap comes after a restart", async () => {
    const gateway = createGateway();
    gateway.on("message/send", { ...OK, msgid: "m1", response_code: "CODE-SENT" });
    await sendCard(start(gateway).channel, { ...CARD, task_id: "task-1" });

    const restarted = start(gateway, { cardDone: "Done" }).channel;
    const response = await restarted.webhook?.(tap("task-1"));

    const xml = await passiveReply(response as Response);
    expect(xml).toContain("<MsgType><![CDATA[update_template_card]]></MsgType><TemplateCard>");
    expect(xml).toContain("<ReplaceText><![CDATA[Done]]></ReplaceText>");
    expect(xml).toContain("<ButtonList><Text><![CDATA[Yes]]></Text><Key><![CDATA[yes]]></Key>");
    expect(gateway.messages).toMatchObject([{ content: [{ kind: "action", taskId: "task-1", key: "yes" }] }]);
  });

  it("of the same task id replaces the one that was tapped, each code once, else it is a new message", async () => {
    const gateway = createGateway();
    gateway.on("message/send", { ...OK, msgid: "m1", response_code: "CODE-SENT" });
    const { channel } = start(gateway);
    const card = { ...CARD, task_id: "task-1" };
    await sendCard(channel, card);
    await channel.webhook?.(tap("task-1"));

    await sendCard(start(gateway).channel, card);
    await sendCard(channel, card);
    await sendCard(channel, card);

    expect(gateway.sent("message/update_template_card")).toMatchObject([
      { userids: ["chen.yu"], agentid: 1000017, response_code: "CODE-TAP", template_card: { task_id: "task-1" } },
      { userids: ["chen.yu"], response_code: "CODE-SENT" },
    ]);
    const sent = gateway.sent("message/send").map((body) => body.template_card.task_id);
    expect([sent.length, sent[0], sent[1] !== "task-1"]).toEqual([2, "task-1", true]);
    await channel.webhook?.(tap(sent[1]));
    expect(gateway.messages.at(-1)).toMatchObject({ content: [{ kind: "action", taskId: "task-1" }] });
  });

  it("that was put in its place is not put there twice by a repeat", async () => {
    const gateway = createGateway();
    gateway.on("message/send", { ...OK, msgid: "m1", response_code: "CODE-SENT" });
    const { channel } = start(gateway);
    const card = { ...CARD, task_id: "task-1" };
    await sendCard(channel, card);

    await sendCard(channel, card, { id: "same" });
    await sendCard(channel, card, { id: "same", attempt: 2 });

    expect(gateway.sent("message/update_template_card")).toHaveLength(1);
    expect(gateway.sent("message/send")).toHaveLength(1);
  });

  it("is sent anew when the platform refuses the update", async () => {
    const gateway = createGateway();
    gateway.on("message/send", { ...OK, msgid: "m1", response_code: "CODE-SENT" });
    gateway.on("message/update_template_card", refusal(40058, "invalid response_code"));
    const { channel } = start(gateway);

    await sendCard(channel, { ...CARD, task_id: "task-1" });
    await sendCard(channel, { ...CARD, task_id: "task-1" });

    expect(gateway.sent("message/send")).toHaveLength(2);
  });

  it("that is wrong names the field to whoever sent it, and is said in words where it is an agent's answer", async () => {
    const { gateway, channel } = start();
    const wrong = { ...CARD, button_list: [{ text: "Yes" }] };

    await expect(sendCard(channel, wrong, { answers: [] })).rejects.toThrow("card.button_list[0].key is missing");
    await sendCard(channel, wrong);

    expect(gateway.sent("message/send")).toMatchObject([{ msgtype: "text", text: { content: "Approve?\nYes" } }]);
  });

  it("is what a menu becomes, and a tap on it is a choice", async () => {
    const { gateway, channel } = start();

    await say(channel, [
      {
        kind: "menu",
        head: "Lunch?",
        items: [
          { id: "a", text: "Rice" },
          { id: "b", text: "Noodles" },
        ],
      },
    ]);
    const [{ template_card: card }] = gateway.sent("message/send");
    await channel.webhook?.(tap(card.task_id, "C", "b"));

    expect(card).toMatchObject({ main_title: { title: "Lunch?" }, button_list: [{ key: "a" }, { key: "b" }] });
    expect(gateway.messages).toMatchObject([{ content: [{ kind: "choice", id: "b", text: "Noodles" }] }]);
  });
});

describe("a configuration", () => {
  it.each([
    [{ agentId: "helper" }, /agentId: must be the AgentId/],
    [{ encodingAESKey: "short" }, /encodingAESKey: must be the 43 characters/],
    [{ token: undefined }, /token: is missing/],
    [{ secret: "" }, /secret: is empty/],
    [{ limits: { perMinute: 31 } }, /limits.perMinute: WeCom drops more than 30/],
  ])("with %j is refused in words", (change, words) => {
    expect(() => start(undefined, change as Partial<AgentXmlOptions>)).toThrow(words);
  });
});
