import { describe, expect, it } from "vitest";
import { ACCOUNT, type Harness, type Json, startHarness } from "../client.fixture.ts";

const HOUR_MS = 3_600_000;

async function chat(): Promise<{ h: Harness; user: string }> {
  const h = await startHarness();
  const { user } = await h.write("hello");
  return { h, user };
}

async function upload(h: Harness, type: string, bytes: Buffer, filename: string): Promise<string> {
  const form = new FormData();
  form.append("media", new Blob([new Uint8Array(bytes)]), filename);
  const address = `${h.sim.url}/cgi-bin/media/upload?access_token=${await h.token()}&type=${type}`;
  const answer: Json = await (await fetch(address, { method: "POST", body: form })).json();
  return answer.media_id;
}

const PNG = Buffer.from("89504e470d0a1a0a0000", "hex");

describe("kf/send_msg", () => {
  it("allows five messages for each message of the customer", async () => {
    const { h, user } = await chat();

    const codes = [];
    for (let n = 0; n < 6; n += 1) codes.push((await h.sendText(user, `${n}`)).errcode);
    await h.write("go on");
    codes.push((await h.sendText(user, "more")).errcode);

    expect(codes).toEqual([0, 0, 0, 0, 0, 95001, 0]);
  });

  it("is refused after 48 hours, as a matter of time and not of the session", async () => {
    const { h, user } = await chat();
    await h.control("POST", "clock", { advanceMs: 49 * HOUR_MS });

    expect((await h.sendText(user, "late")).errcode).toBe(95002);
  });

  it("does not send to a person who only entered", async () => {
    const h = await startHarness();
    const content = { kind: "event", event: "enter_session" };
    const { user } = (await h.control("POST", "send", { account: ACCOUNT, from: "bob", content })).body;

    expect((await h.sendText(user, "hi")).errcode).toBe(95018);
  });

  it("moves an untreated session to the assistant", async () => {
    const { h, user } = await chat();
    const state = async () =>
      (await h.api("kf/service_state/get", { open_kfid: ACCOUNT, external_userid: user })).service_state;

    const before = await state();
    await h.sendText(user, "hi");

    expect([before, await state()]).toEqual([0, 1]);
  });

  it("takes a msgid once per account", async () => {
    const { h, user } = await chat();

    const first = await h.sendText(user, "hi", { msgid: "out-7" });
    const second = await h.sendText(user, "hi", { msgid: "out-7" });

    expect(first).toMatchObject({ errcode: 0, msgid: "out-7" });
    expect(second).toMatchObject({ errcode: 40058, errmsg: expect.stringContaining("msgid duplicated") });
    expect((await h.screen("alice")).items).toHaveLength(2);
  });

  it("cuts text over 2,048 bytes at a character's edge and says so on the screen", async () => {
    const { h, user } = await chat();

    await h.sendText(user, "字".repeat(700));

    const item = (await h.screen("alice")).items.at(-1);
    expect(item.text).toBe("字".repeat(682));
    expect(item.cutBytes).toBe(18 * 3);
  });

  it.each([
    ["an empty msgid", { msgid: "" }, 40058],
    ["a msgid with other characters", { msgid: "a b" }, 40058],
    ["a msgid over 32 bytes", { msgid: "x".repeat(33) }, 40058],
    ["an unknown person", { touser: "wmNobody" }, 40096],
    ["an illegal account", { open_kfid: "x" }, 95000],
    ["an unknown account", { open_kfid: "wkNobody" }, 95004],
    ["an unknown type", { msgtype: "hologram" }, 40008],
    ["an empty text", { text: { content: "" } }, 44004],
    ["no payload", { text: undefined }, 40058],
    ["an image that is not there", { msgtype: "image", image: { media_id: "nope" } }, 40007],
    ["a link without picture", { msgtype: "link", link: { title: "t", url: "https://e.com" } }, 40058],
    ["a place beyond the pole", { msgtype: "location", location: { latitude: 91, longitude: 0 } }, 40058],
    ["an empty menu", { msgtype: "msgmenu", msgmenu: {} }, 40058],
    ["a menu of eleven", { msgtype: "msgmenu", msgmenu: { list: Array(11).fill(click("x")) } }, 95008],
    ["a strange menu item", { msgtype: "msgmenu", msgmenu: { list: [{ type: "hop" }] } }, 95009],
    ["a long menu item", { msgtype: "msgmenu", msgmenu: { list: [click("x".repeat(129))] } }, 40058],
    ["a foreign ca_link", { msgtype: "ca_link", ca_link: { link_url: "https://e.com" } }, 40058],
  ])("refuses %s", async (_, body, errcode) => {
    const { h, user } = await chat();

    const answer = await h.sendText(user, "hi", body);

    expect(answer.errcode).toBe(errcode);
    expect((await h.screen("alice")).items).toHaveLength(1);
  });

  it("shows every type on the phone", async () => {
    const { h, user } = await chat();
    await h.fault("kf.send.quota", { value: 100 });
    const image = await upload(h, "image", PNG, "图.png");
    const file = await upload(h, "file", Buffer.from("0123456789"), "a.txt");
    const bodies: Record<string, Json> = {
      image: { media_id: image },
      file: { media_id: file },
      link: { title: "T", url: "https://e.com", thumb_media_id: image },
      miniprogram: { appid: "wx1", title: "M", pagepath: "p.html", thumb_media_id: image },
      msgmenu: { head_content: "Head", list: [click("Yes", "y")], tail_content: "Tail" },
      location: { latitude: 1, longitude: 2, name: "N" },
      ca_link: { link_url: "https://work.weixin.qq.com/ca/1" },
      business_card: { userid: "zhangsan" },
    };

    const codes = [];
    for (const [msgtype, body] of Object.entries(bodies)) {
      codes.push((await h.sendText(user, "", { msgtype, text: undefined, [msgtype]: body })).errcode);
    }
    const { items } = await h.screen("alice");

    expect(codes).toEqual(Object.keys(bodies).map(() => 0));
    expect(items.slice(1)).toMatchObject([
      { kind: "image", media: { filename: "图.png", mime: "application/octet-stream", bytes: 10 } },
      { kind: "file", media: { filename: "a.txt" } },
      { kind: "link", title: "T" },
      { kind: "miniprogram", appId: "wx1" },
      { kind: "menu", head: "Head", items: [{ type: "click", id: "y", text: "Yes" }], tail: "Tail" },
      { kind: "location", latitude: 1 },
      { kind: "ca_link" },
      { kind: "contact", userId: "zhangsan" },
    ]);
  });

  it("refuses media of another type than the message", async () => {
    const { h, user } = await chat();
    const id = await upload(h, "file", PNG, "a.png");

    expect((await h.sendText(user, "", { msgtype: "image", image: { media_id: id } })).errcode).toBe(40007);
  });
});

function click(content: string, id = "1") {
  return { type: "click", click: { id, content } };
}

describe("tapping a menu", () => {
  async function menu(): Promise<{ h: Harness; user: string; message: string }> {
    const { h, user } = await chat();
    const list = [click("Yes", "y"), { type: "view", view: { url: "https://e.com", content: "Open" } }];
    const sent = await h.sendText(user, "", { msgtype: "msgmenu", msgmenu: { list } });
    return { h, user, message: sent.msgid };
  }

  it("sends the item's words with its menu_id", async () => {
    const { h, message } = await menu();

    const { body } = await h.control("POST", "tap", { account: ACCOUNT, user: "alice", message, item: "y" });
    await h.sim.idle();

    expect(body).toMatchObject({ tapped: "Yes", sent: { id: expect.any(String) } });
    expect((await h.sync()).msg_list.at(-1)).toMatchObject({ msgtype: "text", text: { content: "Yes", menu_id: "y" } });
  });

  it("opens a link instead of sending", async () => {
    const { h, message } = await menu();

    const { body } = await h.control("POST", "tap", { account: ACCOUNT, user: "alice", message, item: "Open" });

    expect(body).toEqual({ tapped: "Open", opened: { type: "view", url: "https://e.com", text: "Open" } });
  });

  it("resets the quota, unless kf.tap.keeps-quota is set", async () => {
    const { h, message } = await menu();
    const tap = () => h.control("POST", "tap", { account: ACCOUNT, user: "alice", message, item: 0 });
    const sent = async () => (await h.screen("alice")).chat.sent;

    const before = await sent();
    await h.fault("kf.tap.keeps-quota", { count: 1 });
    await tap();
    const kept = await sent();
    await tap();

    expect([before, kept, await sent()]).toEqual([1, 1, 0]);
  });

  it("is refused where there is no such item", async () => {
    const { h, message } = await menu();

    const { status, body } = await h.control("POST", "tap", { account: ACCOUNT, user: "alice", message, item: "No" });

    expect([status, body.hint]).toEqual([404, "Items: y, Open"]);
  });
});

describe("send faults", () => {
  it("kf.send.fail-later: errcode 0, then msg_send_fail for that msgid", async () => {
    const { h, user } = await chat();
    await h.fault("kf.send.fail-later", { value: 13 });

    const sent = await h.sendText(user, "hi", { msgid: "out-1" });
    await h.sim.idle();
    const [, event] = (await h.sync()).msg_list;

    expect(sent.errcode).toBe(0);
    expect(event.event).toEqual({
      event_type: "msg_send_fail",
      open_kfid: ACCOUNT,
      external_userid: user,
      fail_msgid: "out-1",
      fail_type: 13,
    });
    expect((await h.screen("alice")).items.at(-1)).toMatchObject({ state: "failed", failType: 13 });
  });

  it.each([95018, 95031])("kf.send.past-window-errcode: %i after 48 hours", async (errcode) => {
    const h = await startHarness();
    const { user } = await h.write("hi");
    await h.control("POST", "clock", { advanceMs: 49 * HOUR_MS });
    await h.fault("kf.send.past-window-errcode", { value: errcode });

    expect((await h.sendText(user, "late")).errcode).toBe(errcode);
  });

  it("kf.send.reject-long-text: 45002 instead of cutting", async () => {
    const { h, user } = await chat();
    await h.fault("kf.send.reject-long-text");

    expect((await h.sendText(user, "x".repeat(2049))).errcode).toBe(45002);
    expect((await h.sendText(user, "x".repeat(2048))).errcode).toBe(0);
  });

  it("kf.send.duplicate-errcode: another code for a msgid that was used", async () => {
    const { h, user } = await chat();
    await h.fault("kf.send.duplicate-errcode", { value: 95099 });

    await h.sendText(user, "a", { msgid: "same" });

    expect((await h.sendText(user, "a", { msgid: "same" })).errcode).toBe(95099);
  });

  it("kf.send.no-business-card: 40008", async () => {
    const { h, user } = await chat();
    await h.fault("kf.send.no-business-card");

    const card = { msgtype: "business_card", business_card: { userid: "zhangsan" } };

    expect((await h.sendText(user, "", card)).errcode).toBe(40008);
  });

  it("kf.send.quota: another number of messages", async () => {
    const { h, user } = await chat();
    await h.fault("kf.send.quota", { value: 1 });

    const codes = [(await h.sendText(user, "1")).errcode, (await h.sendText(user, "2")).errcode];

    expect(codes).toEqual([0, 95001]);
    expect((await h.screen("alice")).chat).toMatchObject({ quota: 1, sendsLeft: 0 });
  });

  it("qyapi.timeout-after-accept: no answer, but the message is on the phone", async () => {
    const { h, user } = await chat();
    await h.fault("qyapi.timeout-after-accept", { target: "kf/send_msg", value: 30 });

    await expect(h.sendText(user, "did it arrive?", { msgid: "out-1" })).rejects.toThrow();

    expect((await h.screen("alice")).items.at(-1)).toMatchObject({ id: "out-1", state: "shown" });
  });

  it("qyapi.http-status: nothing was done", async () => {
    const { h, user } = await chat();
    await h.fault("qyapi.http-status", { target: "kf/send_msg", value: 503 });

    await expect(h.sendText(user, "hi")).rejects.toThrow();

    expect((await h.screen("alice")).items).toHaveLength(1);
  });
});
