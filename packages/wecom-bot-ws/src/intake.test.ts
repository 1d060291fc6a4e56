import { createTestPorts, settled } from "@wxgate/testing";
import { describe, expect, it } from "vitest";
import { PERSON, says, startBot } from "./test-support/fake-platform.ts";

const ENTER = {
  cmd: "aibot_event_callback",
  headers: { req_id: "EV-1" },
  body: { ...PERSON, msgid: "e-1", msgtype: "event", event: { eventtype: "enter_chat" } },
};

describe("what the platform pushes", () => {
  it("is stored once, however often it comes", async () => {
    const bot = await startBot();

    await says(bot, "hi", "m-1");
    await says(bot, "hi", "m-1");

    expect(bot.test.inbox.messages).toHaveLength(1);
  });

  it("is kept and stored in its order when the store fails for a while", async () => {
    const bot = await startBot();
    let failures = 2;
    bot.test.inbox.before(() => {
      if (failures-- > 0) throw new Error("disk full");
    });
    for (const id of ["m-1", "m-2", "m-3"]) {
      const body = { msgid: id, ...PERSON, msgtype: "text", text: { content: id } };
      bot.platform.push({ cmd: "aibot_msg_callback", headers: { req_id: id }, body });
    }

    await bot.test.clock.advance(5_000);

    expect(bot.test.inbox.messages.map(({ id }) => id)).toEqual(["m-1", "m-2", "m-3"]);
  });

  it("is stored although the store refuses one message among the others for ever, which is reported", async () => {
    const bot = await startBot();
    bot.test.inbox.before(({ messages }) => {
      if (messages.some(({ id }) => id === "m-bad")) throw new Error("not storable");
    });
    const push = (id: string) => {
      const body = { msgid: id, ...PERSON, msgtype: "text", text: { content: id } };
      bot.platform.push({ cmd: "aibot_msg_callback", headers: { req_id: id }, body });
    };
    for (const id of ["m-1", "m-bad", "m-2"]) push(id);
    await bot.test.clock.advance(60_000);
    const stored = () => bot.test.inbox.messages.map(({ id }) => id);
    expect(stored()).toEqual(["m-1", "m-2"]);

    for (const id of ["m-3", "m-4", "m-5"]) {
      push(id);
      await bot.test.clock.advance(15_000);
    }

    expect(stored()).toEqual(["m-1", "m-2", "m-3", "m-4", "m-5"]);
    const lost = bot.test.logs.filter(({ message }) => message === "a message is lost: the store refuses it");
    expect(lost).toMatchObject([{ fields: { id: "m-bad" } }]);
    expect(bot.channel.health()).toMatchObject({ state: "ok" });
  });

  it("waits, all of it, while the store takes nothing", async () => {
    const bot = await startBot();
    let isFull = true;
    bot.test.inbox.before(() => {
      if (isFull) throw new Error("disk full");
    });
    for (const id of ["m-1", "m-2"]) {
      const body = { msgid: id, ...PERSON, msgtype: "text", text: { content: id } };
      bot.platform.push({ cmd: "aibot_msg_callback", headers: { req_id: id }, body });
    }
    await bot.test.clock.advance(10 * 60_000);

    isFull = false;
    await bot.test.clock.advance(15_000);

    expect(bot.test.inbox.messages.map(({ id }) => id)).toEqual(["m-1", "m-2"]);
  });

  it("for another bot is left out", async () => {
    const bot = await startBot();
    const body = { ...PERSON, aibotid: "aibOTHER", msgid: "m", msgtype: "text", text: { content: "x" } };

    bot.platform.push({ cmd: "aibot_msg_callback", headers: { req_id: "x" }, body });
    await bot.test.clock.advance(1);

    expect(bot.test.inbox.messages).toEqual([]);
  });

  it("under its old name is a message too", async () => {
    const bot = await startBot();
    const body = { ...PERSON, msgid: "m", msgtype: "text", text: { content: "x" } };

    bot.platform.push({ cmd: "aibot_callback", headers: { req_id: "x" }, body });
    await bot.test.clock.advance(1);

    expect(bot.test.inbox.messages).toHaveLength(1);
  });
});

describe("somebody who opens the chat", () => {
  it("is welcomed once, by the event's own command", async () => {
    const bot = await startBot({ welcomeText: "您好！" });

    bot.platform.push(ENTER);
    bot.platform.push(ENTER);
    await bot.test.clock.advance(1);

    expect(bot.platform.of("aibot_respond_welcome_msg")).toMatchObject([
      { reqId: "EV-1", body: { msgtype: "text", text: { content: "您好！" } } },
    ]);
  });

  it("is welcomed by a card where one is configured", async () => {
    const welcomeCard = {
      card_type: "text_notice",
      main_title: { title: "Hi" },
      card_action: { type: 1, url: "https://e.com" },
    };
    const bot = await startBot({ welcomeCard });

    bot.platform.push(ENTER);
    await bot.test.clock.advance(1);

    expect(bot.platform.of("aibot_respond_welcome_msg")[0]?.body).toMatchObject({ msgtype: "template_card" });
  });

  it("hears nothing after five seconds: the platform would refuse it", async () => {
    const test = createTestPorts();
    const slow = async () => {
      await test.clock.sleep(6_000);
      return { kind: "text", text: "too late" } as const;
    };
    const bot = await startBot({}, { test: { ...test, ports: { ...test.ports, instant: slow } } });

    bot.platform.push(ENTER);
    await test.clock.advance(10_000);

    expect(bot.platform.of("aibot_respond_welcome_msg")).toEqual([]);
  });
});

describe("a rating", () => {
  it("is kept as what it is", async () => {
    const bot = await startBot();
    const feedback_event = { id: "fb-1", type: 2, content: "too short", inaccurate_reason_list: [2] };
    bot.platform.push({
      cmd: "aibot_event_callback",
      headers: { req_id: "x" },
      body: { ...PERSON, msgid: "e", msgtype: "event", event: { eventtype: "feedback_event", feedback_event } },
    });

    await settled();

    expect(bot.test.inbox.events).toMatchObject([
      { kind: "feedback", messageId: "fb-1", score: "bad", text: "too short", reasons: ["incomplete"] },
    ]);
  });
});
