import { describe, expect, it } from "vitest";
import { ACCOUNT, type Harness, type Json, OTHER_ACCOUNT, startHarness } from "../client.fixture.ts";

const HOUR_MS = 3_600_000;

async function chat(): Promise<{ h: Harness; user: string }> {
  const h = await startHarness();
  const { user } = await h.write("hello");
  return { h, user };
}

const stateOf = (h: Harness, user: string) =>
  h.api("kf/service_state/get", { open_kfid: ACCOUNT, external_userid: user }) as Promise<Json>;
const transfer = (h: Harness, user: string, service_state: number, more = {}) =>
  h.api("kf/service_state/trans", {
    open_kfid: ACCOUNT,
    external_userid: user,
    service_state,
    ...more,
  }) as Promise<Json>;
const verb = (h: Harness, name: string, body: Record<string, unknown> = {}) =>
  h.control("POST", `kf/${name}`, { account: ACCOUNT, user: "alice", ...body });
const happen = async (h: Harness, event: string, more: Record<string, unknown> = {}) => {
  const content = { kind: "event", event, ...more };
  const answer = await h.control("POST", "send", { account: ACCOUNT, from: "alice", content });
  await h.sim.idle();
  return answer;
};
const newestEvent = async (h: Harness) => (await h.sync()).msg_list.at(-1).event;
const sayOn = (h: Harness, code: string, more: Record<string, unknown> = {}) =>
  h.api("kf/send_msg_on_event", { code, msgtype: "text", text: { content: "bye" }, ...more }) as Promise<Json>;

describe("session state", () => {
  it("lets the API hand a chat to a human, after which it may not send", async () => {
    const { h, user } = await chat();

    const moved = await transfer(h, user, 3, { servicer_userid: "zhangsan" });

    expect(moved).toEqual({ errcode: 0, errmsg: "ok", msg_code: expect.any(String) });
    expect(await stateOf(h, user)).toMatchObject({ service_state: 3, servicer_userid: "zhangsan" });
    expect((await h.sendText(user, "hi")).errcode).toBe(95018);
  });

  it.each([
    ["a person who is no servicer", 3, { servicer_userid: "nobody" }, 95014],
    ["no servicer", 3, {}, 40058],
    ["a state that does not exist", 9, {}, 40058],
    ["the state of an untreated chat", 0, {}, 95016],
  ])("refuses to move a chat to %s", async (_, state, more, errcode) => {
    const { h, user } = await chat();

    expect((await transfer(h, user, state, more)).errcode).toBe(errcode);
  });

  it("refuses a servicer who stopped receiving", async () => {
    const { h, user } = await chat();
    await h.control("POST", "kf/servicer-status", { account: ACCOUNT, servicer: "zhangsan", receiving: false });

    expect((await transfer(h, user, 3, { servicer_userid: "zhangsan" })).errcode).toBe(95019);
  });

  it("takes no message and no change once the API ended it, until the customer writes", async () => {
    const { h, user } = await chat();
    await transfer(h, user, 4);

    const ended = [(await h.sendText(user, "hi")).errcode, (await transfer(h, user, 1)).errcode];
    await h.write("again");

    expect(ended).toEqual([95013, 95013]);
    expect((await h.sendText(user, "hi")).errcode).toBe(0);
  });

  it("ends by itself after 48 hours", async () => {
    const { h, user } = await chat();
    await h.control("POST", "clock", { advanceMs: 49 * HOUR_MS });

    expect((await stateOf(h, user)).service_state).toBe(4);
  });

  it("kf.session.transitions: another table allows to take a chat back", async () => {
    const { h, user } = await chat();
    await transfer(h, user, 2);
    const refused = await transfer(h, user, 1);
    await h.fault("kf.session.transitions", { value: { "2": [1] } });

    expect([refused.errcode, (await transfer(h, user, 1)).errcode]).toEqual([95016, 0]);
  });

  it("kf.session.to-servicer: a new chat goes straight to a human", async () => {
    const h = await startHarness();
    await h.fault("kf.session.to-servicer");

    const { user } = await h.write("hi");

    expect((await h.sendText(user, "hello")).errcode).toBe(95018);
  });
});

describe("what staff do", () => {
  it("take-over and end are told as session_status_change, with codes to answer them", async () => {
    const { h, user } = await chat();
    await transfer(h, user, 2);

    await verb(h, "take-over", { servicer: "lisi" });
    await h.sim.idle();
    const taken = await newestEvent(h);
    const greeted = await sayOn(h, taken.msg_code);
    await verb(h, "end", { servicer: "lisi" });
    await h.sim.idle();
    const ended = await newestEvent(h);

    expect(taken).toMatchObject({ event_type: "session_status_change", change_type: 1, new_servicer_userid: "lisi" });
    expect(greeted.errcode).toBe(0);
    expect(ended).toMatchObject({ change_type: 3, old_servicer_userid: "lisi", msg_code: expect.any(String) });
    expect((await sayOn(h, ended.msg_code)).errcode).toBe(0);
    expect((await h.sendText(user, "hi")).errcode).toBe(95018);
  });

  it("a transfer names both servicers", async () => {
    const { h } = await chat();
    await verb(h, "take-over", { servicer: "lisi" });

    await verb(h, "transfer", { servicer: "zhangsan" });
    await h.sim.idle();

    expect(await newestEvent(h)).toMatchObject({
      change_type: 2,
      old_servicer_userid: "lisi",
      new_servicer_userid: "zhangsan",
    });
  });

  it("what a servicer types is handed out with origin 5, and opens an ended chat again", async () => {
    const { h, user } = await chat();
    await transfer(h, user, 4);

    await verb(h, "servicer-message", { servicer: "lisi", content: { kind: "text", text: "by hand" } });
    await h.sim.idle();
    const [, reopened, message] = (await h.sync()).msg_list;

    expect(reopened.event).toMatchObject({ change_type: 4, new_servicer_userid: "lisi" });
    expect(message).toMatchObject({ origin: 5, servicer_userid: "lisi", text: { content: "by hand" } });
    expect((await h.screen("alice")).items.at(-1)).toMatchObject({ direction: "outbound", by: "servicer:lisi" });
    expect((await stateOf(h, user)).service_state).toBe(3);
  });

  it.each([
    ["recall", {}, { event_type: "user_recall_msg", recall_msgid: "ID" }, "recalled"],
    [
      "servicer-recall",
      { servicer: "lisi" },
      { event_type: "servicer_recall_msg", servicer_userid: "lisi" },
      "recalled",
    ],
    ["fail", { failType: 6 }, { event_type: "msg_send_fail", fail_msgid: "ID", fail_type: 6 }, "failed"],
  ])("%s is told and seen on the phone", async (name, more, event, state) => {
    const h = await startHarness();
    const { id: messageId } = await h.write("oops");

    await verb(h, name, { messageId, ...more });
    await h.sim.idle();

    const expected = Object.fromEntries(
      Object.entries(event).map(([key, value]) => [key, value === "ID" ? messageId : value]),
    );
    expect(await newestEvent(h)).toMatchObject(expected);
    expect((await h.screen("alice")).items[0].state).toBe(state);
  });

  it("the reject switch and a servicer's status are events", async () => {
    const { h } = await chat();

    await verb(h, "reject", { servicer: "lisi" });
    await h.control("POST", "kf/servicer-status", {
      account: ACCOUNT,
      servicer: "lisi",
      receiving: false,
      suspended: true,
    });
    await h.sim.idle();
    const [, reject, status] = (await h.sync()).msg_list;

    expect(reject.event).toMatchObject({ event_type: "reject_customer_msg_switch_change", reject_switch: 1 });
    expect(status.event).toEqual({
      event_type: "servicer_status_change",
      servicer_userid: "lisi",
      status: 2,
      stop_type: 1,
      open_kfid: ACCOUNT,
    });
  });

  it("other events come to the same address", async () => {
    const { h } = await chat();

    await h.control("POST", "kf/raw-callback", { account: ACCOUNT, xml: "<xml><Event>enter_agent</Event></xml>" });
    await h.control("POST", "kf/auth-change", { account: ACCOUNT, remove: [OTHER_ACCOUNT] });
    await h.control("POST", "kf/ring", { account: ACCOUNT, count: 2 });
    await h.sim.idle();
    const [, raw, auth, ...rings] = h.receiver.received;

    expect(raw?.plain).toBe("<xml><Event>enter_agent</Event></xml>");
    expect(auth?.plain).toContain(`<AuthDelOpenKfId><![CDATA[${OTHER_ACCOUNT}]]></AuthDelOpenKfId>`);
    expect(rings.map(({ openKfId }) => openKfId)).toEqual([ACCOUNT, ACCOUNT]);
    expect((await h.sync({ open_kfid: OTHER_ACCOUNT })).errcode).toBe(48002);
  });
});

describe("welcome", () => {
  const enter = async (h: Harness, more = {}) => {
    await happen(h, "enter_session", more);
    return newestEvent(h);
  };

  it("can be said once within 20 seconds of entering, as text or menu", async () => {
    const h = await startHarness();

    const { welcome_code, scene, scene_param } = await enter(h, { scene: "home", sceneParam: "a=1&b=2" });
    const image = await sayOn(h, welcome_code, { msgtype: "image", image: { media_id: "x" } });
    const said = await sayOn(h, welcome_code, { msgtype: "msgmenu", msgmenu: { head_content: "Hi" } });
    const twice = await sayOn(h, welcome_code);

    expect([scene, scene_param]).toEqual(["home", "a=1&b=2"]);
    expect([image.errcode, said.errcode, twice.errcode]).toEqual([40008, 0, 40058]);
    expect((await h.screen("alice")).items.at(-1)).toMatchObject({ kind: "menu", by: "welcome" });
  });

  it("comes too late after 20 seconds", async () => {
    const h = await startHarness();
    const { welcome_code } = await enter(h);

    await h.control("POST", "clock", { advanceMs: 20_001 });

    expect(await sayOn(h, welcome_code)).toMatchObject({
      errcode: 40058,
      errmsg: expect.stringContaining("invalid code"),
    });
  });

  it("is offered neither to who was welcomed in the last 48 hours nor to who has written", async () => {
    const h = await startHarness();
    const first = await enter(h);
    await sayOn(h, first.welcome_code);
    const again = await enter(h);
    await h.control("POST", "clock", { advanceMs: 49 * HOUR_MS });
    const later = await enter(h);
    await h.write("hello");
    const afterWriting = await enter(h);

    expect([again, later, afterWriting].map((event) => "welcome_code" in event)).toEqual([false, true, false]);
  });

  it("tells where in Channels somebody came from", async () => {
    const h = await startHarness();

    const event = await enter(h, { channels: { scene: 4, shopNickname: "Tea" } });

    expect(event.wechat_channels).toEqual({ scene: 4, shop_nickname: "Tea" });
  });

  it("kf.send.on-event-counts: it uses up one of the five", async () => {
    const h = await startHarness();
    await h.fault("kf.send.on-event-counts");
    const { welcome_code } = await enter(h);

    await sayOn(h, welcome_code);

    expect((await h.screen("alice")).chat.sent).toBe(1);
  });
});

describe("events", () => {
  it("can be any JSON the platform may send one day", async () => {
    const { h } = await chat();

    await happen(h, "native", { payload: { event_type: "brand_new", open_kfid: ACCOUNT } });

    expect(await newestEvent(h)).toEqual({ event_type: "brand_new", open_kfid: ACCOUNT });
  });

  it("that do not exist are refused with those that do", async () => {
    const { h } = await chat();

    const { status, body } = await happen(h, "dance");

    expect([status, body.error]).toEqual([400, 'There is no event "dance".']);
    expect(body.hint).toContain("enter_session");
  });
});
