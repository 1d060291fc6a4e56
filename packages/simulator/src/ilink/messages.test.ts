import { describe, expect, it } from "vitest";
import { BOT, startIlink } from "./client.fixture.ts";

const HOUR_MS = 3_600_000;

describe("the long poll", () => {
  it("gives what waits with a cursor, and nothing again", async () => {
    const h = await startIlink();
    await h.write("one");

    const first = await h.poll();
    const second = await h.poll(first.get_updates_buf);

    expect(first.msgs).toMatchObject([{ from_user_id: h.owner, to_user_id: BOT, message_type: 1 }]);
    expect(first.get_updates_buf).not.toBe("");
    expect(second).toMatchObject({ ret: 0, msgs: [], get_updates_buf: "" });
  });

  it("gives 64-bit ids as bare numbers, or as text where that is switched on", async () => {
    const h = await startIlink();
    const id = await h.write("one");
    await h.poll();
    const bare = h.sim.log({ path: "getupdates" }).entries[0];
    h.sim.setFaults([{ name: "ilink.string-ids" }]);
    const other = await h.write("two");

    const { msgs } = await h.poll();

    expect(JSON.stringify(bare?.answer)).not.toContain(`"${id}"`);
    expect(msgs[0].message_id).toBe(other);
    expect(BigInt(other) > 2n ** 53n).toBe(true);
  });

  it("is held until somebody writes", async () => {
    const h = await startIlink();
    const polling = h.poll();

    await h.write("now");

    expect((await polling).msgs).toHaveLength(1);
  });

  it("ends the older of two polls with nothing", async () => {
    const h = await startIlink();
    const older = h.poll();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const newer = h.poll();
    await new Promise((resolve) => setTimeout(resolve, 50));

    await h.write("once");

    expect((await older).msgs).toEqual([]);
    expect((await newer).msgs).toHaveLength(1);
  });

  it("gives a message again to an old cursor, where that is switched on", async () => {
    const h = await startIlink();
    h.sim.setFaults([{ name: "ilink.replay" }]);
    await h.write("one");

    const [first, again] = [await h.poll(), await h.poll()];
    const after = await h.poll(again.get_updates_buf);

    expect(again.msgs).toEqual(first.msgs);
    expect(after.msgs).toEqual([]);
  });

  it.each([
    ["ilink.duplicate", true],
    ["ilink.duplicate-new-id", false],
  ])("hands out twice under %s", async (fault, isSameId) => {
    const h = await startIlink();
    h.sim.setFaults([{ name: fault, count: 1 }, { name: "ilink.string-ids" }]);
    await h.write("one");

    const [first, second] = [await h.poll(), await h.poll()];

    expect(second.msgs[0].item_list).toEqual(first.msgs[0].item_list);
    expect(second.msgs[0].message_id === first.msgs[0].message_id).toBe(isSameId);
  });

  it("refuses an unknown token with -14 and HTTP 200", async () => {
    const h = await startIlink();

    expect(await h.call("getupdates", {}, "wrong")).toEqual({ errcode: -14, errmsg: "session timeout" });
  });
});

describe("sendmessage", () => {
  it("shows the message and names its id", async () => {
    const h = await startIlink();
    await h.write("hi");

    const answer = await h.send("hello");

    expect(answer.ret).toBe(0);
    expect(h.shown()).toMatchObject([{ kind: "text", text: "hello", state: "shown" }]);
  });

  it("takes ten after a message and refuses the eleventh with -2, until the person writes again", async () => {
    const h = await startIlink();
    await h.write("hi");
    for (let n = 0; n < 10; n += 1) expect(await h.send(`${n}`)).toMatchObject({ ret: 0 });

    const eleventh = await h.send("11");
    await h.write("more");

    expect(eleventh).toEqual({ ret: -2, errmsg: "prepare failed" });
    expect(await h.send("11")).toMatchObject({ ret: 0 });
  });

  it("refuses with -2 after 24 hours", async () => {
    const h = await startIlink();
    await h.write("hi");
    await h.sim.advance(24 * HOUR_MS + 1_000);

    expect(await h.send("late")).toMatchObject({ ret: -2 });
  });

  it("refuses texts of more than 16384 bytes with -2", async () => {
    const h = await startIlink();
    await h.write("hi");

    expect(await h.send("x".repeat(16_385))).toMatchObject({ ret: -2 });
    expect(await h.send("x".repeat(16_384))).toMatchObject({ ret: 0 });
  });

  it.each([
    ["a lower-cased id", (owner: string) => ({ to_user_id: owner.toLowerCase() })],
    ["a sender", () => ({ from_user_id: BOT })],
    [
      "two items",
      () => ({
        item_list: [
          { type: 1, text_item: { text: "a" } },
          { type: 1, text_item: { text: "b" } },
        ],
      }),
    ],
  ])("refuses %s with -3", async (_name, more) => {
    const h = await startIlink();
    await h.write("hi");

    expect(await h.send("x", more(h.owner))).toEqual({ ret: -3, errmsg: "invalid arguments" });
  });

  it.each([
    ["without a client_id", { client_id: undefined }],
    ["with one that was used", { client_id: "same" }],
  ])("takes a message %s and never shows it", async (_name, more) => {
    const h = await startIlink();
    await h.write("hi");
    await h.send("first", { client_id: "same" });

    expect(await h.send("second", more)).toEqual({ ret: 0 });
    expect(h.shown()).toHaveLength(1);
  });

  it("drops silently under risk control, and counts it", async () => {
    const h = await startIlink();
    await h.write("hi");
    h.sim.setFaults([{ name: "ilink.risk", count: 1 }]);

    expect(await h.send("lost")).toEqual({ ret: 0 });
    expect(h.shown()).toEqual([]);
    expect(h.sim.screen({ account: BOT, user: "alice" }).chat.sent).toBe(1);
  });

  it("refuses an old context token where that is switched on", async () => {
    const h = await startIlink();
    await h.write("one");
    const { msgs } = await h.poll();
    await h.write("two");
    h.sim.setFaults([{ name: "ilink.strict-context" }]);

    expect(await h.send("x", { context_token: msgs[0].context_token })).toMatchObject({ ret: -2 });
  });

  it("refuses what follows too soon where that is switched on", async () => {
    const h = await startIlink();
    await h.write("hi");
    h.sim.setFaults([{ name: "ilink.throttle", value: 5_000 }]);

    expect(await h.send("one")).toMatchObject({ ret: 0 });
    expect(await h.send("two")).toMatchObject({ ret: -2 });
    await h.sim.advance(5_000);
    expect(await h.send("three")).toMatchObject({ ret: 0 });
  });

  it("takes voice and shows nothing", async () => {
    const h = await startIlink();
    await h.write("hi");

    expect(await h.sendItem({ type: 3, voice_item: {} })).toMatchObject({ ret: 0 });
    expect(h.shown()).toMatchObject([{ kind: "voice", state: "failed" }]);
  });
});

describe("the media server", () => {
  const item = (
    param: string,
    key: Buffer,
    mid_size: number,
    encode: (hex: string) => Buffer = (hex) => Buffer.from(hex),
  ) => ({
    type: 2,
    image_item: {
      media: { encrypt_query_param: param, aes_key: encode(key.toString("hex")).toString("base64"), encrypt_type: 1 },
      mid_size,
    },
  });

  it("takes an upload whose size and checksum are right, and the phone shows it", async () => {
    const h = await startIlink();
    await h.write("hi");
    const { param, key, filesize } = await h.upload(Buffer.from("picture"));

    await h.sendItem(item(param ?? "", key, filesize));

    expect(h.shown()).toMatchObject([{ kind: "image", state: "shown", media: { bytes: 7 } }]);
  });

  it.each([
    ["a key of bare bytes", (key: Buffer, size: number) => ({ encode: () => key, size })],
    ["the plain size", (_key: Buffer, _size: number) => ({ encode: undefined, size: 7 })],
  ])("gives a grey picture for %s", async (_name, wrong) => {
    const h = await startIlink();
    await h.write("hi");
    const { param, key, filesize } = await h.upload(Buffer.from("picture"));
    const { encode, size } = wrong(key, filesize);

    await h.sendItem(item(param ?? "", key, size, encode));

    expect(h.shown()).toMatchObject([{ kind: "image", state: "failed", broken: true }]);
  });

  it("refuses a wrong checksum with 400, and a plan for a stranger with -1", async () => {
    const h = await startIlink();
    await h.write("hi");

    expect(await h.upload(Buffer.from("picture"), { rawfilemd5: "0".repeat(32) })).toMatchObject({
      status: 400,
      param: null,
    });
    expect(await h.upload(Buffer.from("picture"), { to_user_id: "o9nobody@im.wechat" })).toMatchObject({ status: -1 });
    expect(await h.upload(Buffer.from("picture"), { filesize: 7 })).toMatchObject({ status: -1 });
  });
});

describe("typing", () => {
  it("needs a ticket, which is good for ten minutes", async () => {
    const h = await startIlink();
    expect(await h.call("getconfig", {})).toEqual({ ret: -2, errmsg: "ilink_user_id required" });
    expect(await h.call("getconfig", { ilink_user_id: h.owner })).toMatchObject({ ret: -4 });
    await h.write("hi");
    const { typing_ticket } = await h.call("getconfig", { ilink_user_id: h.owner });
    const body = { ilink_user_id: h.owner, typing_ticket, status: 1 };

    expect(await h.call("sendtyping", body)).toEqual({ ret: 0 });
    expect(h.sim.screen({ account: BOT, user: "alice" }).chat.typing).toBe(true);
    await h.sim.advance(10 * 60_000);
    expect(await h.call("sendtyping", body)).toMatchObject({ ret: -2 });
  });
});

describe("what clients do wrong", () => {
  it("is told: headers, base_info, tokens where none belong", async () => {
    const h = await startIlink();
    await fetch(`${h.sim.url}/ilink/bot/getupdates`, { method: "POST", body: "{}" });

    const { violations } = await h.sim.act("weixin-ilink", "violations", {});

    expect((violations as string[]).join("\n")).toMatch(/iLink-App-Id[\s\S]*AuthorizationType[\s\S]*base_info/);
  });
});
