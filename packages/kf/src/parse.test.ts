import type { JsonObject } from "@wxgate/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseItem } from "./parse.ts";
import { eventItem, item, NOW_SECONDS, said } from "./test-support/start-kf.ts";

const CONTEXT = { channel: "support", account: "wkA" };
const FROM = { channel: "support", account: "wkA", kind: "direct", peer: "wmU" };

function contentOf(source: JsonObject) {
  const parsed = parseItem(source, CONTEXT);
  if (parsed.kind !== "message") throw new Error("this is no message");
  return parsed.message.content[0];
}
function eventOf(source: JsonObject) {
  const parsed = parseItem(source, CONTEXT);
  if (parsed.kind !== "event") throw new Error("this is no event");
  return parsed;
}

describe("a customer's message", () => {
  it("keeps ids, time and case", () => {
    const parsed = parseItem(said("hi", { msgid: "AbC-_1", external_userid: "wmCaSe" }), CONTEXT);

    expect(parsed).toEqual({
      kind: "message",
      message: {
        id: "AbC-_1",
        from: { ...FROM, peer: "wmCaSe" },
        sender: { id: "wmCaSe" },
        sentAt: new Date(NOW_SECONDS * 1000),
        content: [{ kind: "text", text: "hi" }],
      },
    });
  });

  it.each([
    ["text", { content: "hi" }, { kind: "text", text: "hi" }],
    ["text", { content: "Yes", menu_id: "m_yes" }, { kind: "choice", id: "m_yes", text: "Yes" }],
    ["image", { media_id: "M1" }, { kind: "image", media: { ref: { mediaId: "M1" } } }],
    ["voice", { media_id: "M1" }, { kind: "voice", media: { ref: { mediaId: "M1" } } }],
    ["video", { media_id: "M1" }, { kind: "video", media: { ref: { mediaId: "M1" } } }],
    [
      "file",
      { media_id: "M1", filename: "a.pdf" },
      { kind: "file", media: { ref: { mediaId: "M1" }, filename: "a.pdf" } },
    ],
    [
      "location",
      { latitude: 23.1, longitude: "113.32", name: "Tower", address: "" },
      { kind: "location", latitude: 23.1, longitude: 113.32, name: "Tower" },
    ],
    [
      "link",
      { title: "T", desc: "D", url: "https://a.test/", pic_url: "https://a.test/p.png" },
      { kind: "link", title: "T", description: "D", url: "https://a.test/", imageUrl: "https://a.test/p.png" },
    ],
    ["business_card", { userid: "zhangsan" }, { kind: "contact", userId: "zhangsan" }],
    [
      "miniprogram",
      { title: "Shop", appid: "wx1", pagepath: "pages/a.html", thumb_media_id: "M" },
      { kind: "miniprogram", appId: "wx1", title: "Shop", path: "pages/a.html" },
    ],
    [
      "channels",
      { sub_type: 1, nickname: "N", title: "T" },
      { kind: "channels", type: "post", nickname: "N", title: "T" },
    ],
    ["channels", { sub_type: 2, nickname: "N" }, { kind: "channels", type: "live", nickname: "N" }],
    ["channels", { sub_type: 3, nickname: "N" }, { kind: "channels", type: "profile", nickname: "N" }],
    [
      "channels_shop_product",
      { product_id: "p1", title: "Tea", sales_price: "1990", shop_nickname: "S", head_image: "https://i.test/" },
      { kind: "product", productId: "p1", title: "Tea", priceFen: 1990, shop: "S", imageUrl: "https://i.test/" },
    ],
    [
      "channels_shop_order",
      {
        order_id: "3700000000000000001",
        product_titles: "Tea",
        price_wording: "¥19.90",
        state: "paid",
        shop_nickname: "S",
      },
      { kind: "order", orderId: "3700000000000000001", title: "Tea", price: "¥19.90", state: "paid", shop: "S" },
    ],
    ["note", {}, { kind: "unsupported", nativeType: "note", raw: {} }],
    ["hologram", { x: 1 }, { kind: "unsupported", nativeType: "hologram", raw: { x: 1 } }],
    ["image", {}, { kind: "unsupported", nativeType: "image", raw: {} }],
    [
      "location",
      { latitude: 99, longitude: 0 },
      { kind: "unsupported", nativeType: "location", raw: { latitude: 99, longitude: 0 } },
    ],
  ])("of type %s with %j is understood", (type, payload, expected) => {
    expect(contentOf(item(type, payload as JsonObject))).toEqual(expected);
  });

  it("shows a forwarded menu as the lines on the screen", () => {
    const menu = {
      head_content: "Choose",
      list: [
        { type: "click", click: { id: "1", content: "A" } },
        { type: "view", view: { url: "https://a.test/", content: "B" } },
        { type: "text", text: { content: "D", no_newline: 1 } },
      ],
      tail_content: "Bye",
    };

    expect(contentOf(item("msgmenu", menu))).toEqual({ kind: "text", text: "Choose\nA\nB\nD\nBye" });
  });

  it("gives items without an id the same derived id every time", () => {
    const { msgid: _msgid, ...anonymous } = said("hi");

    const [first, second] = [parseItem(anonymous, CONTEXT), parseItem({ ...anonymous }, CONTEXT)];

    expect(first).toEqual(second);
    expect(first).toMatchObject({ message: { id: expect.stringMatching(/^h-[0-9a-f]{32}$/) } });
  });

  it("is never taken for one when a servicer or somebody unknown wrote it", () => {
    const byServicer = eventOf(said("hello", { origin: 5, servicer_userid: "zhangsan" })).event;
    const byUnknown = eventOf(said("hello", { origin: 9 })).event;

    expect(byServicer).toMatchObject({
      kind: "operator-wrote",
      operator: "zhangsan",
      from: FROM,
      content: [{ kind: "text", text: "hello" }],
    });
    expect(byUnknown).toMatchObject({ kind: "other", name: "unknown-origin" });
  });

  it("of any shape whatever is parsed without an exception, in JSON", () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.constantFrom(
            "msgid",
            "open_kfid",
            "external_userid",
            "send_time",
            "origin",
            "msgtype",
            "event",
            "text",
            "merged_msg",
          ),
          fc.oneof(fc.jsonValue(), fc.constantFrom(3, 4, 5, "event", "text", "merged_msg", "wmU")),
        ),
        (source) => {
          const parsed = parseItem(source as JsonObject, CONTEXT);
          expect(JSON.stringify(parsed)).toBeTypeOf("string");
        },
      ),
    );
  });
});

describe("a forwarded chat record", () => {
  const record = (...items: JsonObject[]): JsonObject => ({ title: "A and B", item: items });
  const line = (content: unknown, more: JsonObject = {}): JsonObject => ({
    send_time: 1_700_000_000,
    sender_name: "A",
    msg_content: typeof content === "string" ? content : JSON.stringify(content),
    ...more,
  });

  it("is opened with senders and times, whether the type stands inside or outside", () => {
    const content = contentOf(
      item(
        "merged_msg",
        record(
          line({ msgtype: "text", text: { content: "hi" } }, { msgtype: "text" }),
          line({ image: { media_id: "M1" } }, { msgtype: "image", sender_name: "B" }),
          line("", { msg_content: { msgtype: "text", text: { content: "an object" } } }),
        ),
      ),
    );

    expect(content).toEqual({
      kind: "forwarded",
      title: "A and B",
      items: [
        { sender: "A", sentAt: "2023-11-14T22:13:20.000Z", content: { kind: "text", text: "hi" } },
        {
          sender: "B",
          sentAt: "2023-11-14T22:13:20.000Z",
          content: { kind: "image", media: { ref: { mediaId: "M1" } } },
        },
        { sender: "A", sentAt: "2023-11-14T22:13:20.000Z", content: { kind: "text", text: "an object" } },
      ],
    });
  });

  it("keeps what is broken as unsupported", () => {
    const content = contentOf(item("merged_msg", record(line("{not json", { msgtype: "text" }))));

    expect(content).toMatchObject({
      items: [{ content: { kind: "unsupported", nativeType: "text", raw: "{not json" } }],
    });
  });

  it("is opened three levels deep and no further", () => {
    let nested: JsonObject = { msgtype: "text", text: { content: "the end" } };
    for (let level = 0; level < 6; level += 1) nested = { msgtype: "merged_msg", merged_msg: record(line(nested)) };

    const content = JSON.stringify(contentOf({ ...said("x"), ...nested }));

    expect(content).not.toContain("the end");
    expect(content.match(/"forwarded"/g)).toHaveLength(3);
    expect(content).toContain("omittedItems");
  });

  it("is bounded in items and characters", () => {
    const many = record(...Array.from({ length: 1_000 }, () => line({ msgtype: "text", text: { content: "x" } })));
    const huge = record(
      line({ msgtype: "text", text: { content: "x".repeat(200_000) } }),
      line({ msgtype: "text", text: { content: "y" } }),
    );

    const manyItems = contentOf(item("merged_msg", many)) as { items: readonly unknown[] };
    const hugeText = JSON.stringify(contentOf(item("merged_msg", huge)));

    expect(manyItems.items).toHaveLength(301);
    expect(manyItems.items.at(-1)).toMatchObject({ content: { raw: { omittedItems: 700 } } });
    expect(hugeText.length).toBeLessThan(1_000);
  });
});

describe("an event", () => {
  it("is routed by the ids inside it", () => {
    const { event } = eventOf(eventItem("enter_session", { open_kfid: "wkB", external_userid: "wmV" }));

    expect(event.from).toEqual({ channel: "support", account: "wkB", kind: "direct", peer: "wmV" });
  });

  it("of entering carries scene and, for 20 seconds, the right to one answer", () => {
    const parsed = eventOf(eventItem("enter_session", { scene: "web", scene_param: "a=1&b=2", welcome_code: "WC1" }));

    expect(parsed).toMatchObject({
      answerCode: "WC1",
      event: {
        kind: "entered",
        scene: "web",
        data: { sceneParam: "a=1&b=2" },
        answerBy: new Date((NOW_SECONDS + 20) * 1000),
      },
    });
  });

  it.each([
    [0, false],
    [1, false],
    [2, false],
    [4, true],
    [5, true],
    [6, true],
    [8, false],
    [10, true],
    [11, false],
    [12, false],
    [13, false],
    [99, false],
  ])("of a failed send with fail_type %i says why, and whether the window is closed: %s", (fail_type, closes) => {
    const { event } = eventOf(eventItem("msg_send_fail", { fail_msgid: "out-7", fail_type }));

    expect(event).toMatchObject({ kind: "delivery-failed", platformId: "out-7", reason: expect.any(String) });
    expect((event as { closesWindow?: boolean }).closesWindow ?? false).toBe(closes);
  });

  it("of a deleted account says that the account is gone", () => {
    expect(eventOf(eventItem("msg_send_fail", { fail_msgid: "out-7", fail_type: 1 })).accountGone).toBe(true);
  });

  it.each([
    [1, "human"],
    [2, "human"],
    [3, "bot"],
    [4, "human"],
  ])("of a session change of type %i says that it is the %s's", (change_type, servedBy) => {
    const { event } = eventOf(
      eventItem("session_status_change", { change_type, old_servicer_userid: "li", new_servicer_userid: "zhang" }),
    );

    expect(event).toMatchObject({ kind: "session-changed", servedBy, data: { previousOperator: "li" } });
  });

  it.each([
    ["user_recall_msg", {}, "wmU"],
    ["servicer_recall_msg", { servicer_userid: "zhang" }, "zhang"],
  ])("%s names the message and who took it back", (name, fields, by) => {
    const { event } = eventOf(eventItem(name, { recall_msgid: "m1", ...fields }));

    expect(event).toMatchObject({ kind: "recalled", messageId: "m1", by, from: FROM });
  });

  it.each(["servicer_status_change", "reject_customer_msg_switch_change", "something_new"])(
    "%s is kept with all it says",
    (name) => {
      const { event } = eventOf(eventItem(name, { status: 1, reject_switch: 1 }));

      expect(event).toMatchObject({ kind: "other", name, data: { status: 1, reject_switch: 1 } });
    },
  );

  it("that names no customer belongs to the account", () => {
    const { event } = eventOf(eventItem("servicer_status_change", { external_userid: "" }));

    expect(event.from).toEqual({ channel: "support", account: "wkA", kind: "audience", peer: "wkA" });
  });
});
