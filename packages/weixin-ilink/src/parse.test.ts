import type { JsonObject } from "@wxgate/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseMessage } from "./parse.ts";
import { BOT, NOW, PERSON, said } from "./test-support/start-ilink.ts";

const account = { id: PERSON, token: "t", botId: BOT, baseUrl: "https://x", login: "L", savedAt: 0 };
const parse = (raw: JsonObject, groups: "drop" | "accept" = "drop") =>
  parseMessage(raw, { channel: "me", account, groups, now: NOW });
const messageOf = (raw: JsonObject) => {
  const parsed = parse(raw);
  if (parsed.kind !== "message") throw new Error(`this is ${parsed.kind}`);
  return parsed.message;
};
const contentOf = (item: JsonObject) => messageOf(said("x", { item_list: [item] })).content[0];
const MEDIA = { encrypt_query_param: "p+/=", aes_key: "a2V5", encrypt_type: 1, full_url: "https://f" };

describe("a message of the wire", () => {
  it("keeps id, sender, time, text and what the answer needs", () => {
    expect(messageOf(said("你好", { message_id: "7441535359615655688" }))).toEqual({
      id: "7441535359615655688",
      from: { channel: "me", account: PERSON, kind: "direct", peer: PERSON },
      sender: { id: PERSON },
      sentAt: new Date(NOW),
      content: [{ kind: "text", text: "你好" }],
      replyHandle: { contextToken: "CTX-1", login: "L" },
    });
  });

  it("keeps all its items in order", () => {
    const item_list = [
      { type: 1, text_item: { text: "a" } },
      { type: 2, image_item: { media: MEDIA } },
      { type: 1, text_item: { text: "b" } },
    ];

    expect(messageOf(said("x", { item_list })).content.map(({ kind }) => kind)).toEqual(["text", "image", "text"]);
  });

  it.each([
    ["item id", { item_list: [{ type: 1, msg_id: "77", text_item: { text: "a" } }] }, "77"],
    ["client id", { client_id: "c1" }, "c1"],
    ["sequence", { seq: 12 }, `seq-12-${PERSON}`],
  ])("is named by its %s when it has no id", (_name, more, id) => {
    expect(messageOf(said("x", { message_id: undefined, ...more })).id).toBe(id);
  });

  it("is not named by an id of 0, which two messages may have", () => {
    const unset = { message_id: 0, seq: "0" };

    const [one, other] = ["one", "two"].map((text) => messageOf(said(text, unset)));

    expect(one?.id).not.toBe(other?.id);
  });

  it("is named by its content when nothing names it, the same each time", () => {
    const raw = said("x", { message_id: undefined });

    expect(messageOf(raw).id).toMatch(/^hash-/);
    expect(messageOf({ ...raw }).id).toBe(messageOf(raw).id);
  });

  it.each([
    [1_795_168_800, NOW],
    [NOW, NOW],
    ["1795168800000", NOW],
    [0, NOW],
    [9e15, NOW],
    [undefined, NOW],
  ])("reads the time %s", (create_time_ms, expected) => {
    expect(messageOf(said("x", { create_time_ms })).sentAt.getTime()).toBe(expected);
  });

  it.each([
    ["our own echo", { message_type: 2 }, "echo"],
    ["the bot's own id", { from_user_id: BOT }, "echo"],
    ["nobody's", { from_user_id: "" }, "nobody"],
    ["a group's", { group_id: "g1" }, "group"],
  ])("is skipped as %s", (_name, more, reason) => {
    expect(parse(said("x", more))).toEqual({ kind: "skip", reason });
  });

  it("of a group is kept where groups are wanted", () => {
    const parsed = parse(said("x", { group_id: "g1" }), "accept");

    expect(parsed).toMatchObject({
      kind: "message",
      message: { from: { kind: "group", peer: "g1" }, sender: { id: PERSON } },
    });
  });

  it("that was recalled is an event", () => {
    expect(parse(said("x", { delete_time_ms: NOW }))).toMatchObject({
      kind: "event",
      event: { kind: "recalled", messageId: "id-x", id: "id-x:recalled" },
    });
  });

  it("never throws, whatever it holds", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (more, items) => {
        parse({ ...said("x"), ...(more as JsonObject) });
        parse({ ...said("x"), item_list: items as JsonObject });
        parse({
          ...said("x"),
          item_list: [
            { type: 2, image_item: items },
            { type: 1, text_item: items },
          ] as JsonObject[],
        });
      }),
    );
  });
});

describe("an item", () => {
  it.each([
    [
      "image, its key beside the reference",
      { type: 2, image_item: { media: MEDIA, aeskey: "00ff" } },
      { kind: "image", media: { ref: { kind: "image", param: "p+/=", url: "https://f", key: "00ff" } } },
    ],
    [
      "file with its name",
      { type: 4, file_item: { media: MEDIA, file_name: "a.pdf", len: "3" } },
      {
        kind: "file",
        media: { ref: { kind: "file", param: "p+/=", url: "https://f", key: "a2V5" }, filename: "a.pdf" },
      },
    ],
    ["video", { type: 5, video_item: { media: MEDIA } }, { kind: "video" }],
    [
      "voice with the platform's words",
      { type: 3, voice_item: { media: MEDIA, text: "喂" } },
      { kind: "voice", transcript: "喂" },
    ],
    ["image without a file", { type: 2 }, { kind: "image", media: { error: expect.any(String) } }],
    [
      "tool call",
      { type: 11, tool_call_start_item: { tool_name: "t" } },
      { kind: "unsupported", nativeType: "tool_call_start" },
    ],
    ["tool result", { type: 12 }, { kind: "unsupported", nativeType: "tool_call_result" }],
    [
      "of a new type",
      { type: 99, new_item: {} },
      { kind: "unsupported", nativeType: "99", raw: { type: 99, new_item: {} } },
    ],
    ["without a type", {}, { kind: "unsupported", nativeType: "none" }],
  ])("is understood: %s", (_name, item, content) => {
    expect(contentOf(item as JsonObject)).toMatchObject(content);
  });

  it.each([{ item_list: [] }, { item_list: null }, { item_list: undefined }])(
    "is replaced where there is none: %j",
    (more) => {
      expect(messageOf(said("x", more)).content).toMatchObject([{ kind: "unsupported", nativeType: "empty" }]);
    },
  );
});

describe("the older dialect", () => {
  const old = (content: unknown) => ({
    msgId: "m1",
    from_user: { wxid: "wx1", nickname: "Ann" },
    timestamp: 1_795_168_800,
    context_token: "C",
    content,
  });

  it("is read: sender, name, seconds", () => {
    expect(messageOf(old({ type: "text", text: "hi" }) as JsonObject)).toMatchObject({
      id: "m1",
      sender: { id: "wx1", name: "Ann" },
      sentAt: new Date(NOW),
      content: [{ kind: "text", text: "hi" }],
    });
  });

  it.each([
    ["plain words", { kind: "text", text: "plain words" }],
    [
      { type: "audio", text: "喂", url: "https://u" },
      { kind: "voice", transcript: "喂" },
    ],
    [
      { type: "image", cdn_url: "https://u" },
      { kind: "image", media: { ref: { url: "https://u" } } },
    ],
    [
      { type: "location", latitude: "23.1", longitude: 113.3, label: "Here" },
      { kind: "location", latitude: 23.1, longitude: 113.3, name: "Here" },
    ],
    [{ type: "dance" }, { kind: "unsupported", nativeType: "dance" }],
  ])("is read: %j", (content, expected) => {
    expect(messageOf(old(content) as JsonObject).content[0]).toMatchObject(expected);
  });

  it("knows groups", () => {
    expect(parse({ ...old("x"), chat: { type: "group", id: "g" } } as JsonObject)).toEqual({
      kind: "skip",
      reason: "group",
    });
  });
});
