import { describe, expect, it } from "vitest";
import { ACCOUNT, CORP_ID, startHarness } from "../client.fixture.ts";

describe("a message's way through WeChat Customer Service", () => {
  it("rings the doorbell, is handed out by sync_msg, is answered and shown on the phone", async () => {
    const h = await startHarness();

    const { id, user } = await h.write("hello");
    const [bell] = h.receiver.received;
    const page = await h.sync();
    const sent = await h.sendText(user, "你好", { msgid: "out-1" });
    const screen = await h.screen("alice");

    expect(bell).toMatchObject({ signatureIsRight: true, receiveId: CORP_ID, openKfId: ACCOUNT });
    expect(bell?.plain).toContain("<Event><![CDATA[kf_msg_or_event]]></Event>");
    expect(page).toMatchObject({ errcode: 0, has_more: 0 });
    expect(page.msg_list).toEqual([
      {
        msgid: id,
        open_kfid: ACCOUNT,
        external_userid: user,
        send_time: expect.any(Number),
        origin: 3,
        msgtype: "text",
        text: { content: "hello" },
      },
    ]);
    expect(sent).toEqual({ errcode: 0, errmsg: "ok", msgid: "out-1" });
    expect(screen.items).toMatchObject([
      { id, direction: "inbound", kind: "text", text: "hello", state: "sent", by: "customer" },
      { id: "out-1", direction: "outbound", kind: "text", text: "你好", state: "shown", by: "api" },
    ]);
  });

  it("gives a name the same id in every run, and takes an id as it is", async () => {
    const one = await startHarness();
    const other = await startHarness();

    const first = await one.write("hi", "alice");
    const second = await other.write("hi", "alice");
    const own = await other.write("hi", "wmOwnId");

    expect(first.user).toBe(second.user);
    expect(first.user).toMatch(/^wm/);
    expect(own.user).toBe("wmOwnId");
  });

  it("does not hand out what the API itself sent", async () => {
    const h = await startHarness();
    const { user } = await h.write("hello");

    await h.sendText(user, "answer");

    expect((await h.sync()).msg_list).toHaveLength(1);
  });

  it("keeps two accounts apart", async () => {
    const h = await startHarness();
    await h.write("to the first");
    await h.write("to the second", "alice", "wkSimAccount00000000000002");

    const page = await h.sync({ open_kfid: "wkSimAccount00000000000002" });

    expect(page.msg_list.map((m: { text: { content: string } }) => m.text.content)).toEqual(["to the second"]);
  });
});

describe("kinds of messages a customer sends", () => {
  const item = (content: unknown) => ({ sender: "Ann", sentAt: "2026-01-02T03:04:05.000Z", content });

  it.each([
    [{ kind: "choice", id: "m1", text: "Yes" }, "text", { content: "Yes", menu_id: "m1" }],
    [
      { kind: "location", latitude: 23.1, longitude: 113.3, name: "Tower" },
      "location",
      { latitude: 23.1, longitude: 113.3, name: "Tower", address: "" },
    ],
    [
      { kind: "link", url: "https://e.com", title: "T", description: "D", imageUrl: "https://e.com/p" },
      "link",
      { title: "T", desc: "D", url: "https://e.com", pic_url: "https://e.com/p" },
    ],
    [{ kind: "contact", userId: "zhangsan" }, "business_card", { userid: "zhangsan" }],
    [
      { kind: "miniprogram", appId: "wx1", title: "M", path: "p.html" },
      "miniprogram",
      { appid: "wx1", title: "M", pagepath: "p.html", thumb_media_id: expect.stringMatching(/^SIM/) },
    ],
    [{ kind: "channels", type: "live", nickname: "N" }, "channels", { sub_type: 2, nickname: "N" }],
    [
      { kind: "channels", type: "post", nickname: "N", title: "T" },
      "channels",
      { sub_type: 1, nickname: "N", title: "T" },
    ],
    [
      { kind: "product", productId: "1", title: "Tea", priceFen: 1990, shop: "S" },
      "channels_shop_product",
      { product_id: "1", head_image: "", title: "Tea", sales_price: "1990", shop_nickname: "S", shop_head_image: "" },
    ],
    [
      { kind: "order", orderId: "2", title: "Tea", price: "¥19.90", state: "Paid" },
      "channels_shop_order",
      {
        order_id: "2",
        product_titles: "Tea",
        price_wording: "¥19.90",
        state: "Paid",
        image_url: "",
        shop_nickname: "",
      },
    ],
    [{ kind: "unsupported", nativeType: "note", raw: {} }, "note", {}],
    [
      { kind: "forwarded", title: "Record", items: [item({ kind: "text", text: "hi" })] },
      "merged_msg",
      {
        title: "Record",
        item: [
          {
            send_time: 1767323045,
            msgtype: "text",
            sender_name: "Ann",
            msg_content: '{"msgtype":"text","text":{"content":"hi"}}',
          },
        ],
      },
    ],
  ])("%o arrives as %s", async (content, msgtype, payload) => {
    const h = await startHarness();

    await h.sim.send({ account: ACCOUNT, from: "alice", content: [content as never] });
    await h.sim.idle();

    expect((await h.sync()).msg_list[0]).toMatchObject({ msgtype, [msgtype]: payload });
  });

  it("nests forwarded records as JSON inside JSON, with files that can be downloaded", async () => {
    const h = await startHarness();
    const inner = { kind: "forwarded", title: "Inner", items: [item({ kind: "image" })] };
    const content = { kind: "forwarded", title: "Outer", items: [item(inner)] };

    await h.control("POST", "send", { account: ACCOUNT, from: "alice", content });
    await h.sim.idle();
    const [message] = (await h.sync()).msg_list;
    const outerItem = JSON.parse(message.merged_msg.item[0].msg_content);
    const innerItem = JSON.parse(outerItem.merged_msg.item[0].msg_content);

    expect(innerItem).toEqual({ msgtype: "image", image: { media_id: expect.stringMatching(/^SIM/) } });
  });

  it("delivers a sample voice as AMR or as SILK, as voice_format asks", async () => {
    const h = await startHarness();
    await h.control("POST", "send", { account: ACCOUNT, from: "alice", content: { kind: "voice" } });
    await h.sim.idle();

    const bytes = async (voice_format: number) => {
      const [message] = (await h.sync({ voice_format })).msg_list;
      const query = new URLSearchParams({ access_token: await h.token(), media_id: message.voice.media_id });
      return Buffer.from(await (await fetch(`${h.sim.url}/cgi-bin/media/get?${query}`)).arrayBuffer()).toString(
        "latin1",
      );
    };

    expect(await bytes(0)).toMatch(/^#!AMR\n/);
    expect(await bytes(1)).toContain("#!SILK_V3");
  });

  it("replaces a file that is too large by a text, unless told otherwise", async () => {
    const h = await startHarness();
    const big = { kind: "image", bytes: 3 * 1024 * 1024 };

    await h.control("POST", "send", { account: ACCOUNT, from: "alice", content: big });
    await h.fault("kf.inbound.any-size");
    await h.control("POST", "send", { account: ACCOUNT, from: "alice", content: big });
    await h.sim.idle();
    const { msg_list } = await h.sync();

    expect(msg_list.map((m: { msgtype: string }) => m.msgtype)).toEqual(["text", "image"]);
  });
});
