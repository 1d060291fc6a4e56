import type { OutboundContent } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { type FakeCall, never, ok, refusal } from "./test-support/fake-qyapi.ts";
import { eventItem, NOW_SECONDS, said, startKf } from "./test-support/start-kf.ts";

const entered = (fields = {}, more = {}) => eventItem("enter_session", { welcome_code: "WC1", ...fields }, more);
const MENU = {
  head: "您好",
  items: [
    { id: "order", text: "查订单" },
    { url: "https://a.test/", text: "官网" },
  ],
  tail: "请选择",
};

describe("somebody opens the chat", () => {
  it("and is welcomed by the event's own code, outside the quota", async () => {
    const kf = startKf({ config: { welcomeText: "您好" } });
    kf.news(entered());

    await kf.ring();

    expect(kf.qyapi.sent("kf/send_msg_on_event")).toEqual([
      {
        code: "WC1",
        msgid: expect.stringMatching(/^[0-9A-Za-z_-]{1,32}$/),
        msgtype: "text",
        text: { content: "您好" },
      },
    ]);
    expect(kf.qyapi.sent("kf/send_msg")).toEqual([]);
  });

  it("and is welcomed with a menu", async () => {
    const kf = startKf({ config: { welcomeText: MENU } });
    kf.news(entered());

    await kf.ring();

    expect(kf.qyapi.sent("kf/send_msg_on_event")[0]).toMatchObject({
      msgtype: "msgmenu",
      msgmenu: { head_content: "您好", list: [{ type: "click" }, { type: "view" }], tail_content: "请选择" },
    });
  });

  it("is welcomed by the scene, else by the account, else in general", async () => {
    const config = {
      welcomeText: "general",
      welcome: { scenes: { shop: "of the shop" }, accounts: { wkB: "of account B" } },
    };
    const kf = startKf({ config });
    kf.news(
      entered({ scene: "shop", open_kfid: "wkB" }, { msgid: "e1" }),
      entered({ scene: "toString", open_kfid: "wkB" }, { msgid: "e2" }),
      entered({}, { msgid: "e3" }),
    );

    await kf.ring();

    expect(kf.qyapi.sent("kf/send_msg_on_event").map(({ text }) => text.content)).toEqual([
      "of the shop",
      "of account B",
      "general",
    ]);
  });

  it("is welcomed once though the event comes again", async () => {
    const kf = startKf({ config: { welcomeText: "您好" } });
    kf.news(entered());
    await kf.ring();
    kf.news(entered());

    await kf.clock.advance(1_000);
    await kf.ring();

    expect(kf.qyapi.sent("kf/send_msg_on_event")).toHaveLength(1);
  });

  it("is not welcomed when more than 20 seconds have passed", async () => {
    const kf = startKf({ config: { welcomeText: "您好" } });
    kf.news(entered({}, { send_time: NOW_SECONDS - 21 }));

    await kf.ring();

    expect(kf.qyapi.sent("kf/send_msg_on_event")).toEqual([]);
    expect(kf.inbox.events).toContainEqual(expect.objectContaining({ kind: "entered" }));
  });

  it("is not welcomed by who may not talk to them, nor when there is nothing to say", async () => {
    const denied = startKf({ config: { welcomeText: "您好" }, instant: async () => undefined });
    const silent = startKf();
    for (const kf of [denied, silent]) {
      kf.news(entered());
      await kf.ring();
    }

    expect(denied.qyapi.sent("kf/send_msg_on_event")).toEqual([]);
    expect(silent.qyapi.sent("kf/send_msg_on_event")).toEqual([]);
  });

  it("may be welcomed by what the gateway says instead", async () => {
    const instant = async (): Promise<OutboundContent> => ({ kind: "text", text: "**hello**", format: "markdown" });
    const kf = startKf({ instant });
    kf.news(entered());

    await kf.ring();

    expect(kf.qyapi.sent("kf/send_msg_on_event")[0].text.content).toBe("𝗵𝗲𝗹𝗹𝗼");
  });

  it("is tried to be welcomed again while there is time, under the same id", async () => {
    const kf = startKf({ config: { welcomeText: "您好" } });
    kf.qyapi.once("kf/send_msg_on_event", new TypeError("socket hang up"));
    kf.news(entered());

    await kf.ring();
    await kf.clock.advance(2_000);

    const ids = kf.qyapi.sent("kf/send_msg_on_event").map(({ msgid }) => msgid);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  it("costs a log line when the code is dead, and the pull goes on", async () => {
    const kf = startKf({ config: { welcomeText: "您好" } });
    kf.qyapi.on("kf/send_msg_on_event", refusal(40058, "invalid code"));
    kf.news(entered(), said("hi"));

    await kf.ring();

    expect(kf.inbox.messages).toHaveLength(1);
    expect(kf.logs).toContainEqual(expect.objectContaining({ message: "the event could not be answered" }));
  });

  it("does not hold up the messages behind it", async () => {
    const kf = startKf({ config: { welcomeText: "您好" } });
    kf.qyapi.on("kf/send_msg_on_event", never);
    kf.news(entered(), said("hi"));

    await kf.ring();

    expect(kf.inbox.messages).toHaveLength(1);
    await kf.channel.close?.();
  });
});

describe("a human", () => {
  const took = eventItem("session_status_change", { change_type: 1, new_servicer_userid: "zhang" });
  const ended = eventItem(
    "session_status_change",
    { change_type: 3, old_servicer_userid: "zhang", msg_code: "MC9" },
    { msgid: "e-ended" },
  );

  it("who ends the session is followed by the closing words", async () => {
    const kf = startKf({ config: { closingText: "感谢咨询" } });
    kf.news(ended);

    await kf.ring();

    expect(kf.qyapi.sent("kf/send_msg_on_event")).toMatchObject([{ code: "MC9", text: { content: "感谢咨询" } }]);
  });

  it("who answers in our place is told as such, and nothing is answered", async () => {
    const kf = startKf();
    kf.news(said("I am Zhang", { origin: 5, servicer_userid: "zhang" }));

    await kf.ring();

    expect(kf.inbox.messages).toEqual([]);
    expect(kf.inbox.events.at(-1)).toMatchObject({ kind: "operator-wrote", operator: "zhang" });
  });

  it("whose session ended by itself is noticed when the customer writes", async () => {
    const kf = startKf();
    kf.news(took);
    await kf.ring();
    kf.qyapi.on("kf/service_state/get", { ...ok, service_state: 0 });
    kf.news(said("hello again", { send_time: NOW_SECONDS + 120 }));

    await kf.clock.advance(120_000);
    const before = kf.inbox.batches.length;
    await kf.ring();

    expect(
      kf.inbox.batches
        .slice(before)
        .map(({ messages, events }) => [messages.length, events?.map((event) => event.kind)]),
    ).toEqual([
      [0, ["session-changed"]],
      [1, []],
    ]);
  });

  it("who still serves is asked for once a minute at most", async () => {
    const kf = startKf();
    kf.news(took);
    await kf.ring();
    kf.qyapi.on("kf/service_state/get", { ...ok, service_state: 3 });

    for (let second = 0; second < 180; second += 20) {
      await kf.clock.advance(20_000);
      kf.news(said(`message ${second}`, { send_time: NOW_SECONDS + second }));
      await kf.ring();
    }

    expect(kf.qyapi.sent("kf/service_state/get").length).toBeLessThanOrEqual(3);
    expect(kf.inbox.messages).toHaveLength(9);
  });

  it("who fell silent gives the customer back after the configured time", async () => {
    const kf = startKf({ config: { takeBack: { afterIdleMinutes: 30 } } });
    kf.news(took);
    await kf.ring();
    kf.qyapi.on("kf/service_state/get", { ...ok, service_state: 3, servicer_userid: "zhang" });

    await kf.runFor(20 * 60_000);
    const early = kf.qyapi.sent("kf/service_state/trans").length;
    await kf.runFor(20 * 60_000);

    expect(early).toBe(0);
    expect(kf.qyapi.sent("kf/service_state/trans")).toMatchObject([{ service_state: 1, external_userid: "wmU" }]);
    expect(kf.inbox.events.at(-1)).toMatchObject({ kind: "session-changed", servedBy: "bot" });
  });
});

describe("customers of humans, one of whom WeCom refuses to tell of,", () => {
  const TAKE_BACK = { takeBack: { afterIdleMinutes: 30 } };
  const tookOver = (external_userid: string) =>
    eventItem(
      "session_status_change",
      { change_type: 1, new_servicer_userid: "zhang", external_userid },
      { msgid: `e-${external_userid}` },
    );
  const refuseFirst = (errcode: number) => (call: FakeCall) =>
    call.body.external_userid === "wm0" ? refusal(errcode) : { ...ok, service_state: 3, servicer_userid: "zhang" };
  const lost = (kf: ReturnType<typeof startKf>) =>
    kf.logs.filter(({ message }) => message === "a customer's session could not be checked or taken back");

  it("are taken back all the same", async () => {
    const kf = startKf({ config: TAKE_BACK });
    kf.news(tookOver("wm0"), tookOver("wm1"), tookOver("wm2"));
    await kf.ring();
    kf.qyapi.on("kf/service_state/get", refuseFirst(40058));

    await kf.runFor(40 * 60_000);

    expect(kf.qyapi.sent("kf/service_state/trans").map(({ external_userid }) => external_userid)).toEqual([
      "wm1",
      "wm2",
    ]);
    expect(lost(kf)[0]).toMatchObject({ level: "warn", fields: { account: "wkA", peer: "wm0" } });
  });

  it.each([48002, -1, 6000, 45009])("are left alone where %i holds for the whole account", async (errcode) => {
    const kf = startKf({ config: TAKE_BACK });
    kf.news(tookOver("wm0"), tookOver("wm1"));
    await kf.ring();
    kf.qyapi.on("kf/service_state/get", refuseFirst(errcode));

    await kf.runFor(40 * 60_000);

    expect(kf.qyapi.sent("kf/service_state/get").map(({ external_userid }) => external_userid)).not.toContain("wm1");
    expect(lost(kf)).toEqual([]);
  });

  it("are asked for when they write, however many they are", async () => {
    const kf = startKf();
    const customers = Array.from({ length: 10 }, (_, index) => `wm${index}`);
    kf.news(...customers.map(tookOver));
    await kf.ring();
    kf.qyapi.on("kf/service_state/get", refuseFirst(40058));
    await kf.clock.advance(120_000);
    kf.news(...customers.map((external_userid) => said(`hi from ${external_userid}`, { external_userid })));

    await kf.ring();

    expect(kf.qyapi.sent("kf/service_state/get")).toHaveLength(10);
    expect(lost(kf)).toHaveLength(1);
  });
});

describe("a delivery that failed afterwards", () => {
  it("is reported with the platform's reason", async () => {
    const kf = startKf();
    kf.news(eventItem("msg_send_fail", { fail_msgid: "out-7", fail_type: 6 }));

    await kf.ring();

    expect(kf.inbox.events.at(-1)).toMatchObject({ kind: "delivery-failed", platformId: "out-7", closesWindow: true });
  });

  it("because the account is gone takes it out of service", async () => {
    const kf = startKf();
    kf.news(eventItem("msg_send_fail", { fail_msgid: "out-7", fail_type: 1 }));

    await kf.ring();

    expect(kf.channel.health().accounts).toMatchObject([{ account: "wkA", state: "stopped" }]);
  });
});
