import type { OutboundContent } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { never, ok, refusal } from "./test-support/fake-qyapi.ts";
import { startKf } from "./test-support/start-kf.ts";

const hi: OutboundContent = { kind: "text", text: "hi", format: "plain" };

describe("a send", () => {
  it("carries the delivery's own id, the same on every attempt", async () => {
    const kf = startKf();

    const first = await kf.send(hi, { id: "Zq3-_x01" });
    const second = await kf.send(hi, { id: "Zq3-_x01", attempt: 2 });

    expect([first, second]).toEqual([{ platformId: "Zq3-_x01" }, { platformId: "Zq3-_x01" }]);
    expect(kf.qyapi.sent("kf/send_msg").map(({ msgid }) => msgid)).toEqual(["Zq3-_x01", "Zq3-_x01"]);
  });

  it("says under the last message that more waits", async () => {
    const kf = startKf();

    await kf.send(hi, { note: "more-waits" });

    expect(kf.qyapi.sent("kf/send_msg")[0].text).toEqual({ content: "hi\n（未完，回复任意内容查看后续）" });
  });

  it("counts as done when the platform knows the id from an attempt that seemed lost", async () => {
    const kf = startKf();
    kf.qyapi.on("kf/send_msg", refusal(40058, "msgid duplicated"));

    expect(await kf.send(hi, { attempt: 2 })).toEqual({ platformId: "out1" });
  });

  it("is refused for any other bad parameter", async () => {
    const kf = startKf();
    kf.qyapi.on("kf/send_msg", refusal(40058, "invalid parameter: open_kfid"));

    await expect(kf.send(hi, { attempt: 2 })).rejects.toMatchObject({ name: "RejectedError", platformCode: 40058 });
  });

  it("whose fate is unknown says so, and is repeated under the same id", async () => {
    const kf = startKf();
    kf.qyapi.on("kf/send_msg", new TypeError("socket hang up"));

    await expect(kf.send(hi)).rejects.toMatchObject({ name: "TransientError", sent: "unknown" });
  });

  it.each([
    [95001, { name: "TransientError", code: "kf.reply-quota-used", until: "customer" }],
    [95002, { name: "TransientError", code: "kf.reply-window-closed", until: "customer" }],
    [95013, { name: "TransientError", code: "kf.session-ended", until: "customer" }],
    [95031, { name: "TransientError", code: "kf.reply-window-closed", until: "customer" }],
    [40096, { name: "RejectedError", code: "kf.customer-unknown" }],
    [40201, { name: "RejectedError", code: "wecom.blocked-as-spam" }],
    [95003, { name: "AuthenticationError", code: "kf.enterprise-not-verified", scope: "conversation" }],
    [95017, { name: "AuthenticationError", code: "kf.api-switched-off" }],
    [95026, { name: "RejectedError", code: "kf.account-limit" }],
    [40007, { name: "TransientError", code: "wecom.upload-expired", restage: true }],
  ])("that is refused with %i says who must act: %j", async (errcode, expected) => {
    const kf = startKf();
    kf.qyapi.on("kf/send_msg", refusal(errcode));

    await expect(kf.send(hi)).rejects.toMatchObject({ ...expected, platformCode: errcode });
  });

  it("with a media id that is refused again and again is given up", async () => {
    const kf = startKf();
    kf.qyapi.on("kf/send_msg", refusal(40007));

    await expect(kf.send(hi, { attempt: 3 })).rejects.toMatchObject({ name: "RejectedError", platformCode: 40007 });
  });

  it("to a deleted account takes the account out of service", async () => {
    const kf = startKf();
    await kf.ring();
    kf.qyapi.on("kf/send_msg", refusal(95004));

    await expect(kf.send(hi)).rejects.toMatchObject({ name: "RejectedError" });

    expect(kf.channel.health().accounts).toMatchObject([{ account: "wkA", state: "stopped" }]);
  });

  it("that the platform finds too long goes out in two halves with stable ids", async () => {
    const kf = startKf();
    const refuseLong = ({ body }: { body: { text: { content: string }; msgid: string } }) =>
      body.text.content.length > 300 ? refusal(45002) : { ...ok, msgid: body.msgid };
    kf.qyapi.on("kf/send_msg", refuseLong);
    const long: OutboundContent = { kind: "text", text: "A sentence. ".repeat(40).trim(), format: "plain" };

    await kf.send(long);
    await kf.send(long, { attempt: 2 });

    const sent = kf.qyapi.sent("kf/send_msg").filter(({ text }) => text.content.length <= 300);
    expect(
      sent
        .slice(0, -sent.length / 2)
        .map(({ text }) => text.content)
        .join(""),
    ).toBe(long.text);
    expect(sent.map(({ msgid }) => msgid).slice(0, 2)).toEqual(sent.map(({ msgid }) => msgid).slice(2));
    expect(new Set(sent.map(({ msgid }) => msgid)).size).toBe(2);
  });

  it("uses one token for all, however many run at once", async () => {
    const kf = startKf();

    await Promise.all(Array.from({ length: 20 }, (_, index) => kf.send(hi, { id: `out${index}` })));

    expect(kf.qyapi.sent("gettoken")).toHaveLength(1);
    expect([...kf.state].filter(([key]) => key.startsWith("token/")).map(([, { sealed }]) => sealed)).toEqual([true]);
  });
});

describe("95018, the state of the session", () => {
  it.each([2, 3])("is no failure when a human serves (state %i): the reply waits until they leave", async (state) => {
    const kf = startKf();
    kf.qyapi.on("kf/send_msg", refusal(95018, "send msg session status invalid"));
    kf.qyapi.on("kf/service_state/get", { ...ok, service_state: state, servicer_userid: "zhangsan" });

    await expect(kf.send(hi)).rejects.toMatchObject({
      code: "kf.human-serves",
      until: "human-left",
      platformCode: 95018,
    });

    expect(kf.inbox.events).toMatchObject([{ kind: "session-changed", servedBy: "human", operator: "zhangsan" }]);
  });

  it.each([0, 1, 4])("is a closed window in state %i: the reply waits for the customer", async (state) => {
    const kf = startKf();
    kf.qyapi.on("kf/send_msg", refusal(95018));
    kf.qyapi.on("kf/service_state/get", { ...ok, service_state: state });

    await expect(kf.send(hi)).rejects.toMatchObject({ code: "kf.reply-window-closed", until: "customer" });

    expect(kf.inbox.events).toEqual([]);
  });

  it.each([
    ["never", 2, false],
    ["never", 3, false],
    ["pool", 2, true],
    ["pool", 3, false],
    ["human", 2, true],
    ["human", 3, true],
  ] as const)("with takeBack.from %s in state %i takes the customer back: %s", async (from, state, taken) => {
    const kf = startKf({ config: { takeBack: { from } } });
    kf.qyapi.once("kf/send_msg", refusal(95018));
    kf.qyapi.on("kf/service_state/get", { ...ok, service_state: state });

    const result = await kf.send(hi).catch((error: unknown) => error);

    expect(kf.qyapi.sent("kf/service_state/trans").map(({ service_state }) => service_state)).toEqual(taken ? [1] : []);
    expect(result).toMatchObject(taken ? { platformId: "out1" } : { until: "human-left" });
    expect(kf.inbox.events).toMatchObject([{ servedBy: taken ? "bot" : "human" }]);
  });

  it("waits for the human when the platform does not give the customer back", async () => {
    const kf = startKf({ config: { takeBack: { from: "human" } } });
    kf.qyapi.on("kf/send_msg", refusal(95018));
    kf.qyapi.on("kf/service_state/get", { ...ok, service_state: 3 });
    kf.qyapi.on("kf/service_state/trans", refusal(95016));

    await expect(kf.send(hi)).rejects.toMatchObject({ until: "human-left" });
  });
});

describe("a hand-over", () => {
  it("puts the customer into the waiting pool and says so outside the quota", async () => {
    const kf = startKf({ config: { handoff: { text: "请稍候，正在为您转接人工。" } } });
    const [piece] = kf.channel.prepare([{ kind: "handoff" }], {
      to: { channel: "support", account: "wkA", kind: "direct", peer: "wmU" },
      longReply: "continue",
    });

    await kf.send(piece?.content[0] as OutboundContent);

    expect(kf.qyapi.sent("kf/service_state/trans")).toEqual([
      { open_kfid: "wkA", external_userid: "wmU", service_state: 2 },
    ]);
    expect(kf.qyapi.sent("kf/send_msg_on_event")).toEqual([
      { code: "MC1", msgid: "out1", msgtype: "text", text: { content: "请稍候，正在为您转接人工。" } },
    ]);
    expect(kf.qyapi.sent("kf/send_msg")).toEqual([]);
    expect(kf.inbox.events).toMatchObject([{ kind: "session-changed", servedBy: "human" }]);
  });

  it("goes to the servicer who was named, and to the pool when they are away", async () => {
    const kf = startKf();
    kf.qyapi.once("kf/service_state/trans", refusal(95019));

    await kf.send({ kind: "handoff", operator: "zhangsan" });

    expect(kf.qyapi.sent("kf/service_state/trans")).toMatchObject([
      { service_state: 3, servicer_userid: "zhangsan" },
      { service_state: 2 },
    ]);
  });

  it("that was interrupted is finished with the code of the first attempt", async () => {
    const kf = startKf();
    kf.qyapi.once("kf/send_msg_on_event", new TypeError("socket hang up"));
    const handoff: OutboundContent = { kind: "handoff", text: "one moment" };

    await expect(kf.send(handoff)).rejects.toMatchObject({ name: "TransientError" });
    await kf.send(handoff, { attempt: 2 });

    expect(kf.qyapi.sent("kf/service_state/trans")).toHaveLength(1);
    expect(kf.qyapi.sent("kf/send_msg_on_event").map(({ code }) => code)).toEqual(["MC1", "MC1"]);
  });

  it("is done when a human serves already", async () => {
    const kf = startKf();
    kf.qyapi.on("kf/service_state/trans", refusal(95016));
    kf.qyapi.on("kf/service_state/get", { ...ok, service_state: 3, servicer_userid: "li" });

    await kf.send({ kind: "handoff" });

    expect(kf.inbox.events).toMatchObject([{ servedBy: "human", operator: "li" }]);
  });

  it("is not done again when it waited for a human to leave: its wish was met", async () => {
    const kf = startKf();

    const receipt = await kf.send({ kind: "handoff" }, { waitedForHuman: true });

    expect(receipt).toEqual({ platformId: "out1" });
    expect(kf.qyapi.sent("kf/service_state/trans")).toEqual([]);
  });

  it("names the words that ask for it", () => {
    expect(startKf({ config: { handoff: { keywords: ["人工"] } } }).channel.handoffKeywords).toEqual(["人工"]);
  });
});

describe("without a secret", () => {
  it("sending says what the operator must do, and nothing is asked", async () => {
    const kf = startKf({ config: { secret: undefined } });

    await expect(kf.send(hi)).rejects.toMatchObject({ name: "AuthenticationError", code: "kf.secret-missing" });
    await kf.ring();
    await kf.runFor(10_000);

    expect(kf.qyapi.calls).toEqual([]);
  });
});

describe("the platform's limits", () => {
  it("are told as data, and can be lowered", () => {
    expect(startKf().channel.reply).toEqual({ windowMs: 48 * 3_600_000, sendsPerInbound: 5 });
    expect(startKf({ config: { replyWindow: { hours: 24, messages: 4 } } }).channel.reply).toEqual({
      windowMs: 24 * 3_600_000,
      sendsPerInbound: 4,
    });
  });
});

describe("a send that is given up", () => {
  it("ends with the caller's reason", async () => {
    const kf = startKf();
    kf.qyapi.on("kf/send_msg", never);
    const stop = new AbortController();
    const piece = { content: [hi] };
    const to = { channel: "support", account: "wkA", kind: "direct", peer: "wmU" } as const;
    const sending = kf.channel.send(
      { id: "o", replyId: "r", to, answers: [], handles: [], piece, attempt: 1 },
      stop.signal,
    );

    stop.abort(new Error("shutting down"));

    await expect(sending).rejects.toThrow("shutting down");
  });
});
