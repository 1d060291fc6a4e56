import type { OutboundContent, Room } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import type { Menu } from "./menu.ts";
import { render } from "./render.ts";
import { startKf, TO } from "./test-support/start-kf.ts";
import { byteLength } from "./text.ts";

function prepared(reply: readonly OutboundContent[], room: Partial<Room> = {}, config = {}) {
  const { channel } = startKf({ config });
  return channel.prepare(reply, { to: TO, longReply: "continue", ...room }).map(({ content }) => content[0]);
}
const text = (words: string): OutboundContent => ({ kind: "text", text: words, format: "plain" });

describe("a reply", () => {
  it("is formatted: Markdown becomes what WeChat shows", () => {
    const reply: OutboundContent = { kind: "text", text: "- **bold**\n- [site](https://a.test/)" };

    expect(prepared([reply])).toEqual([text("• 𝗯𝗼𝗹𝗱\n• site (https://a.test/)")]);
  });

  it("keeps bare letters when the format is plain, and plain text as it is", () => {
    expect(prepared([{ kind: "text", text: "**bold**" }], {}, { format: "plain" })).toEqual([text("bold")]);
    expect(prepared([text("**stars**")])).toEqual([text("**stars**")]);
  });

  it("spares the quota: texts that follow each other are one message", () => {
    expect(prepared([text("one"), text("two"), { kind: "image", mediaId: "M" }, text("three")])).toEqual([
      text("one\n\ntwo"),
      { kind: "image", mediaId: "M" },
      text("three"),
    ]);
  });

  it("is cut by bytes, not characters, and every message has room for the note", () => {
    const pieces = prepared([text("汉字🙂。".repeat(1_000))]);

    const bytes = pieces.map((piece) => byteLength((piece as { text: string }).text));
    const noted = pieces.map((piece) => render(piece as OutboundContent, "（未完，回复任意内容查看后续）"));
    expect(Math.max(...bytes)).toBeLessThanOrEqual(2048 - byteLength("\n（未完，回复任意内容查看后续）"));
    for (const body of noted) {
      const { content } = body.text as { content: string };
      expect(byteLength(content)).toBeLessThanOrEqual(2048);
      expect(content.endsWith("查看后续）")).toBe(true);
    }
  });

  it("keeps the indentation of code where it is cut", () => {
    const code = `${"x".repeat(1_990)}\n\n    indented`;

    expect(prepared([text(code)])).toEqual([text("x".repeat(1_990)), text("    indented")]);
  });
});

describe("a reply that is longer than the quota", () => {
  const long = text("一句话。\n".repeat(2_000));

  it("goes on with the customer's next message when it continues", () => {
    const pieces = prepared([long], { sendsLeft: 2 });

    expect(pieces.length).toBeGreaterThan(5);
  });

  it("of pictures leaves the last place to a sentence that says that more waits", () => {
    const pieces = prepared(
      Array.from({ length: 7 }, () => ({ kind: "image", mediaId: "M" }) as const),
      { sendsLeft: 5 },
    );

    expect(pieces.map((piece) => piece?.kind)).toEqual([...Array(4).fill("image"), "text", ...Array(3).fill("image")]);
    expect(pieces[4]).toEqual(text("（未完，回复任意内容查看后续）"));
  });

  it("ends with a word about it when it is truncated", () => {
    const pieces = prepared([long, { kind: "image", mediaId: "M" }], { sendsLeft: 3, longReply: "truncate" });

    expect(pieces.map((piece) => piece?.kind)).toEqual(["text", "text", "image"]);
    expect((pieces[1] as { text: string }).text.endsWith("（内容过长，已省略）")).toBe(true);
  });

  it("comes whole in a file, behind its beginning", () => {
    const pieces = prepared([long], { sendsLeft: 2, longReply: "file" });

    expect(pieces).toMatchObject([
      { kind: "text", text: expect.stringMatching(/（完整内容见文件）$/) },
      { kind: "file", filename: "完整回复.txt", text: expect.stringContaining("一句话。") },
    ]);
    expect((pieces[1] as { text: string }).text.match(/一句话。/g)).toHaveLength(2_000);
  });

  it("counts with the whole quota when nothing is left: it waits for the customer anyway", () => {
    expect(prepared([long], { sendsLeft: 0, longReply: "truncate" })).toHaveLength(5);
  });

  it("obeys the channel's own longReply before the gateway's", () => {
    expect(prepared([long], { sendsLeft: 1, longReply: "continue" }, { longReply: "truncate" })).toHaveLength(1);
  });
});

describe("what WeChat does not have", () => {
  it.each<[string, OutboundContent, unknown]>([
    [
      "a link without a picture is text",
      { kind: "link", title: "T", description: "D", url: "https://a.test/" },
      text("T\nD\nhttps://a.test/"),
    ],
    [
      "one article with a picture is a link",
      { kind: "articles", items: [{ title: "T", url: "https://a.test/", imageUrl: "https://a.test/p.png" }] },
      { kind: "link", title: "T", url: "https://a.test/", image: { url: "https://a.test/p.png" } },
    ],
    [
      "several articles are one text",
      {
        kind: "articles",
        items: [
          { title: "A", url: "https://a.test/", imageUrl: "https://a.test/p.png" },
          { title: "B", url: "https://b.test/" },
        ],
      },
      text("A\nhttps://a.test/\n\nB\nhttps://b.test/"),
    ],
    [
      "a mini program without a picture is an item of a menu",
      { kind: "miniprogram", appId: "wx1", path: "p.html", title: "Shop" },
      { kind: "menu", items: [{ appId: "wx1", path: "p.html", text: "Shop" }] },
    ],
    [
      "a mini program without a title is called what the notices say",
      { kind: "miniprogram", appId: "wx1", path: "p.html" },
      { kind: "menu", items: [{ appId: "wx1", path: "p.html", text: "小程序" }] },
    ],
    [
      "a card is its words",
      {
        kind: "card",
        card: { main_title: { title: "T", desc: "D" }, horizontal_content_list: [{ keyname: "k", value: "v" }] },
      },
      text("T\nD\nk v"),
    ],
    [
      "a card with buttons is a menu",
      {
        kind: "card",
        card: {
          main_title: { title: "T" },
          button_list: [
            { text: "Yes", key: "y" },
            { text: "No", key: "n" },
          ],
        },
      },
      {
        kind: "menu",
        head: "T",
        items: [
          { id: "y", text: "Yes" },
          { id: "n", text: "No" },
        ],
      },
    ],
    [
      "a customer-acquisition link has a type of its own",
      { kind: "link", title: "https://work.weixin.qq.com/ca/abc", url: "https://work.weixin.qq.com/ca/abc" },
      { kind: "native", payload: { msgtype: "ca_link", ca_link: { link_url: "https://work.weixin.qq.com/ca/abc" } } },
    ],
  ])("%s", (_name, content, expected) => {
    expect(prepared([content])).toEqual([expected]);
  });

  it("a menu of more than ten items is several", () => {
    const items = Array.from({ length: 23 }, (_, index) => ({ id: `i${index}`, text: `Item ${index}` }));

    const menus = prepared([{ kind: "menu", head: "Head", items, tail: "Tail" }]) as Menu[];

    expect(menus.map((menu) => [menu.head, menu.items.length, menu.tail])).toEqual([
      ["Head", 10, undefined],
      [undefined, 10, undefined],
      [undefined, 3, "Tail"],
    ]);
  });

  it("a menu with labels that are too long is a text that says all of them", () => {
    const label = "选项".repeat(40);

    expect(
      prepared([
        {
          kind: "menu",
          head: "Head",
          items: [
            { id: "1", text: label },
            { url: "https://a.test/", text: "Site" },
          ],
        },
      ]),
    ).toEqual([text(`Head\n1. ${label}\nSite https://a.test/`)]);
  });

  it("a head that is too long for a menu stands before it", () => {
    const head = "长".repeat(400);

    expect(prepared([{ kind: "menu", head, items: [{ id: "1", text: "A" }] }])).toEqual([
      text(head),
      { kind: "menu", items: [{ id: "1", text: "A" }] },
    ]);
  });
});

describe("a message on the wire", () => {
  it.each<[OutboundContent, object]>([
    [text("hi"), { msgtype: "text", text: { content: "hi" } }],
    [
      { kind: "image", mediaId: "M" },
      { msgtype: "image", image: { media_id: "M" } },
    ],
    [
      { kind: "voice", mediaId: "M" },
      { msgtype: "voice", voice: { media_id: "M" } },
    ],
    [
      { kind: "video", mediaId: "M" },
      { msgtype: "video", video: { media_id: "M" } },
    ],
    [
      { kind: "file", mediaId: "M", filename: "a.pdf" },
      { msgtype: "file", file: { media_id: "M" } },
    ],
    [
      { kind: "link", title: "T", description: "D", url: "https://a.test/", image: { mediaId: "P" } },
      { msgtype: "link", link: { title: "T", desc: "D", url: "https://a.test/", thumb_media_id: "P" } },
    ],
    [
      { kind: "miniprogram", appId: "wx1", path: "p.html", title: "Shop", image: { mediaId: "P" } },
      { msgtype: "miniprogram", miniprogram: { appid: "wx1", title: "Shop", thumb_media_id: "P", pagepath: "p.html" } },
    ],
    [
      { kind: "location", latitude: 23.1, longitude: 113.3, name: "N" },
      { msgtype: "location", location: { latitude: 23.1, longitude: 113.3, name: "N" } },
    ],
    [
      {
        kind: "menu",
        head: "H",
        items: [
          { id: "1", text: "A" },
          { url: "https://a.test/", text: "B" },
          { appId: "wx1", path: "p.html", text: "C" },
          { text: "D" },
        ],
        tail: "T",
      },
      {
        msgtype: "msgmenu",
        msgmenu: {
          head_content: "H",
          list: [
            { type: "click", click: { id: "1", content: "A" } },
            { type: "view", view: { url: "https://a.test/", content: "B" } },
            { type: "miniprogram", miniprogram: { appid: "wx1", pagepath: "p.html", content: "C" } },
            { type: "text", text: { content: "D" } },
          ],
          tail_content: "T",
        },
      },
    ],
  ])("of %j is %j", (content, expected) => {
    expect(render(content)).toEqual(expected);
  });

  it("cuts titles between characters, by bytes", () => {
    const { link } = render({
      kind: "link",
      title: "标".repeat(60),
      url: "https://a.test/",
      image: { mediaId: "P" },
    }) as unknown as { link: { title: string } };

    expect(byteLength(link.title)).toBeLessThanOrEqual(128);
    expect(link.title).toMatch(/^标+…$/);
  });

  it("takes the platform's own JSON as it is, but for whom it is meant", async () => {
    const kf = startKf();

    await kf.send({
      kind: "native",
      payload: { msgtype: "business_card", business_card: { userid: "u" }, touser: "wmOTHER", msgid: "x" },
    });

    expect(kf.qyapi.sent("kf/send_msg")).toEqual([
      { msgtype: "business_card", business_card: { userid: "u" }, touser: "wmU", open_kfid: "wkA", msgid: "out1" },
    ]);
  });

  it("refuses native JSON without a type, in words", async () => {
    const kf = startKf();

    await expect(kf.send({ kind: "native", payload: { text: "x" } })).rejects.toMatchObject({
      name: "RejectedError",
      code: "kf.native-without-msgtype",
    });
  });
});
