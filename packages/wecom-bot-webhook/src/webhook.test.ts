import { describe, expect, it } from "vitest";
import { CONFIG, callbacksOf, RESPONSE_URL, TO, USER } from "./fixtures/callbacks.ts";
import { startHook } from "./fixtures/hook.ts";
import { createWecomBotWebhookChannel } from "./index.ts";
import { bubbleIdOf } from "./stream-id.ts";

const ID = bubbleIdOf("m-1");
const PLACEHOLDER = "⏳ 正在思考…";
const TAP = { card_type: "button_interaction", event_key: "yes", task_id: "t" };
const CARD = { kind: "card", card: { card_type: "text_notice", main_title: { title: "Done" } } } as const;

describe("the published vectors", () => {
  it.each([
    [
      "",
      "4j/AuRx71kQlxVlzbpsMWMTdfIRhQl2NCBpETsdB9/rmZUVQ5WLrlzJdtu5UOakVE8Hqa1JbwiKexqrhEHIH+w==",
      "bee63b00c8da0fdf25c57cd59282844175996e61",
      200,
    ],
    [
      "wwcorp",
      "4j/AuRx71kQlxVlzbpsMWMTdfIRhQl2NCBpETsdB9/rmZUVQ5WLrlzJdtu5UOakVso5oq5q4Th4sGfFMSPW9MQ==",
      "164dbcea0394707ab7f11c540aa8803257ed4101",
      200,
    ],
    [
      "wwother",
      "4j/AuRx71kQlxVlzbpsMWMTdfIRhQl2NCBpETsdB9/rmZUVQ5WLrlzJdtu5UOakVso5oq5q4Th4sGfFMSPW9MQ==",
      "164dbcea0394707ab7f11c540aa8803257ed4101",
      400,
    ],
  ])("are opened where the receiver is %j", async (receiveId, encrypt, signature, status) => {
    const { receive, platform } = startHook({ config: { receiveId } });

    const response = await receive(platform.signed({ encrypt, timestamp: "1700000000", nonce: "n0nce" }, signature));

    expect(response.status).toBe(status);
  });

  it("are opened whatever the receiver is when none is configured", async () => {
    const { receive, platform } = startHook();
    const encrypt = "4j/AuRx71kQlxVlzbpsMWMTdfIRhQl2NCBpETsdB9/rmZUVQ5WLrlzJdtu5UOakVso5oq5q4Th4sGfFMSPW9MQ==";

    const response = await receive(platform.signed({ encrypt, timestamp: "1700000000", nonce: "n0nce" }));

    expect(response.status).toBe(200);
  });
});

describe("a message", () => {
  it("is stored and answered by a bubble at once", async () => {
    const { ask, platform, inbox, clock } = startHook();

    const reply = await ask(platform.text("hello"));

    expect(reply).toEqual({
      msgtype: "stream",
      stream: { id: ID, finish: false, content: PLACEHOLDER, feedback: { id: ID } },
    });
    expect(inbox.messages).toMatchObject([
      {
        id: "m-1",
        from: TO,
        sender: { id: USER },
        content: [{ kind: "text", text: "hello" }],
        replyHandle: { at: clock.now(), from: USER, bubble: true, url: RESPONSE_URL },
      },
    ]);
  });

  it("is answered with the nonce of its address and msgsignature, as JSON", async () => {
    const { receive, platform } = startHook();

    const response = await receive(platform.text("hello"));

    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toEqual({
      encrypt: expect.any(String),
      msgsignature: expect.stringMatching(/^[0-9a-f]{40}$/),
      timestamp: expect.any(Number),
      nonce: "0n0nce",
    });
  });

  it("that comes again gets the same bubble, as it is now", async () => {
    const { ask, platform, inbox, channel, target, clock } = startHook();
    await ask(platform.text("hello"));
    channel.openStream?.(target()).update("half an ans");
    await clock.advance(600);

    const again = await ask(platform.text("hello"));

    expect(again?.stream).toMatchObject({ id: ID, finish: false, content: "half an ans" });
    expect(inbox.messages).toHaveLength(1);
  });

  it("that was said to others gets no bubble", async () => {
    const { ask, platform, inbox, ports } = startHook();
    const { accept } = inbox;
    Object.assign(ports.inbox, {
      accept: async (batch: Parameters<typeof accept>[0]) => ({
        ...(await accept(batch)),
        overheard: new Set(["m-1"]),
      }),
    });

    expect(await ask(platform.text("hello"))).toBeUndefined();
    expect(await ask(platform.text("hello"))).toBeUndefined();
    expect(inbox.messages).toHaveLength(1);
  });

  it("that cannot be stored is asked for again, in words", async () => {
    const { ask, platform, inbox } = startHook();
    inbox.before(() => {
      throw new Error("the disk is full");
    });

    const reply = await ask(platform.text("hello"));

    expect(reply?.stream).toMatchObject({ id: ID, finish: true, content: "（消息没有收到，请稍后再发一次）" });
  });

  it("shows nothing at first where that is wanted", async () => {
    const { ask, platform } = startHook({ config: { sendThinkingMessage: false, feedback: false } });

    const reply = await ask(platform.text("hello"));

    expect(reply?.stream).toEqual({ id: ID, finish: false, content: "" });
  });

  it("for another bot is left out", async () => {
    const { receive, platform, inbox } = startHook();

    const response = await receive(platform.text("hello", { aibotid: "aibOTHER" }));

    expect(response.status).toBe(200);
    expect(inbox.batches).toEqual([]);
  });

  it("keeps no response_url of another host", async () => {
    const { ask, platform, inbox, logs } = startHook();

    await ask(platform.text("hello", { response_url: "https://qyapi.weixin.qq.com.evil.test/x?response_code=CANARY" }));

    expect(inbox.messages[0]?.replyHandle).not.toHaveProperty("url");
    expect(JSON.stringify(logs)).not.toContain("CANARY");
  });

  it("is taken for the channel's name where no bot is configured", () => {
    const { channel } = startHook({ config: { botId: undefined } });

    expect(channel.health().accounts[0]?.account).toBe("hook");
  });

  it.each([
    {},
    { msgid: 5 },
    { msgtype: "text" },
    { from: { userid: "u" } },
    { from: { userid: "u" }, msgtype: "text", text: 5 },
    { from: { userid: "u" }, msgtype: "mixed", mixed: { msg_item: [null, 1, "x"] } },
    { from: { userid: "u" }, msgtype: "event" },
    { from: "u", msgtype: "event", event: { eventtype: "template_card_event" } },
    { msgtype: "stream" },
    { msgtype: "stream", stream: { id: 7 } },
    { from: { userid: "u" }, msgtype: "__proto__", quote: { msgtype: "constructor" } },
  ])("that is odd but rightly encrypted is answered 200: %j", async (body) => {
    const { receive, platform } = startHook();

    expect((await receive(platform.sealed(body))).status).toBe(200);
  });
});

describe("several bots on one path", () => {
  it("are told apart by their signatures", async () => {
    const one = startHook();
    const keys = {
      token: "SecondToken",
      encodingAESKey: "hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhg",
      botId: "aibTWO",
    };
    const two = createWecomBotWebhookChannel("two", keys, one.ports);
    const call = (request: Request) =>
      one.channel.webhook?.(request, () => two.webhook?.(request) as Promise<Response>);

    await call(one.platform.text("to the first"));
    await call(callbacksOf(keys).text("to the second", { aibotid: "aibTWO", msgid: "m-2" }));
    const nobodys = await call(callbacksOf({ ...keys, token: "Unknown" }).text("to nobody"));

    expect(one.inbox.messages.map(({ from }) => from.account)).toEqual([CONFIG.botId, "aibTWO"]);
    expect(nobodys?.status).toBe(401);
  });
});

describe("an event", () => {
  it("of somebody who opens the chat is answered by the welcome, also when it comes again", async () => {
    const { ask, platform, inbox } = startHook({ config: { welcomeText: "Hi there" } });

    const replies = [await ask(platform.event("enter_chat")), await ask(platform.event("enter_chat"))];

    const welcome = { msgtype: "text", text: { content: "Hi there" } };
    expect(replies).toEqual([welcome, welcome]);
    expect(inbox.events).toMatchObject([{ kind: "entered" }]);
  });

  it("gets no answer after its 5 seconds", async () => {
    const { receive, platform, clock } = startHook({
      config: { welcomeText: "Hi" },
      instant: () => new Promise(() => {}),
    });

    const answer = receive(platform.event("enter_chat"));
    await clock.advance(4_600);

    expect(await (await answer).text()).toBe("");
  });

  it("of a tap is stored although the store fails for a moment, and changes its card", async () => {
    const { receive, platform, inbox, clock } = startHook({ instant: async () => CARD });
    let failures = 3;
    inbox.before(() => {
      if (failures-- > 0) throw new Error("the disk is full");
    });

    const answer = receive(platform.event("template_card_event", TAP));
    await clock.advance(2_000);

    expect(await platform.reply(await answer)).toMatchObject({ response_type: "update_template_card" });
    expect(inbox.messages).toMatchObject([{ id: "e-1", content: [{ kind: "action", key: "yes" }] }]);
    expect(inbox.events).toMatchObject([{ kind: "card-clicked", key: "yes" }]);
  });

  it("of feedback is stored although its message cannot be looked up for a moment", async () => {
    const { receive, platform, inbox, ports, clock } = startHook();
    const { get } = ports.state;
    ports.state.get = async (key) => {
      ports.state.get = get;
      throw new Error(`${key} cannot be read`);
    };

    const answer = receive(platform.event("feedback_event", { id: ID, type: 1 }));
    await clock.advance(1_000);

    expect((await answer).status).toBe(200);
    expect(inbox.events).toMatchObject([{ kind: "feedback", messageId: ID, score: "good" }]);
  });

  it("that cannot be stored is acknowledged within its 5 seconds, after a last attempt shortly before", async () => {
    const { receive, platform, inbox, clock, logs } = startHook();
    const begunAt = clock.now();
    const attempts: number[] = [];
    inbox.before(() => {
      attempts.push(clock.now() - begunAt);
      throw new Error("the disk is full");
    });

    const answer = receive(platform.event("template_card_event", TAP));
    await clock.advance(4_500);

    expect((await answer).status).toBe(200);
    expect(attempts.at(-1)).toBe(4_500);
    expect(logs).toContainEqual(expect.objectContaining({ message: "a callback could not be handled" }));
  });

  it("without an answer is acknowledged with an empty body", async () => {
    const { receive, platform, inbox } = startHook();

    const texts = await Promise.all(
      ["enter_chat", "feedback_event", "a_new_one"].map(async (name) =>
        (await receive(platform.event(name, { id: "f", type: 1 }, { msgid: `e-${name}` }))).text(),
      ),
    );

    expect(texts).toEqual(["", "", ""]);
    expect(inbox.events.map(({ kind }) => kind).sort()).toEqual(["entered", "feedback", "other"]);
  });

  it("of feedback is kept as what it is, with the id of the bubble", async () => {
    const { ask, platform, inbox } = startHook();

    await ask(platform.event("feedback_event", { id: ID, type: 2, content: "too long" }));

    expect(inbox.events).toMatchObject([{ kind: "feedback", messageId: ID, score: "bad", text: "too long" }]);
  });
});
