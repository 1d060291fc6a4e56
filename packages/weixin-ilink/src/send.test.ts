import { RejectedError } from "@wxgate/core";
import { tooLarge } from "@wxgate/media";
import { describe, expect, it } from "vitest";
import { CDN } from "./test-support/fake-ilink.ts";
import { handle, NOW, PERSON, startIlink } from "./test-support/start-ilink.ts";

const TEXT = { kind: "text", text: "hello", format: "plain" } as const;
const HOUR_MS = 3_600_000;
const bodyOf = (h: ReturnType<typeof startIlink>, index = -1) => h.ilink.named("sendmessage").at(index)?.body;
const refuse = (h: ReturnType<typeof startIlink>, ret: number, errmsg = "prepare failed") =>
  h.ilink.on("sendmessage", { ret, errmsg });

describe("a message that is sent", () => {
  it("has one item, the newest context token, and everything the platform wants", async () => {
    const h = startIlink();

    const receipt = await h.send(TEXT, { answers: ["m1"] });

    expect(receipt).toEqual({ platformId: "7497484083968569736" });
    expect(bodyOf(h)).toEqual({
      msg: {
        from_user_id: "",
        to_user_id: PERSON,
        client_id: "out1",
        message_type: 2,
        message_state: 2,
        context_token: "CTX-1",
        run_id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
        item_list: [{ type: 1, text_item: { text: "hello" } }],
      },
      base_info: { channel_version: "2.4.9", bot_agent: "wxgate/0.1.0" },
    });
  });

  it("has one run id per turn, and none when nobody asked", async () => {
    const h = startIlink();

    await h.send(TEXT, { id: "a", answers: ["m1", "m2"] });
    await h.send(TEXT, { id: "b", answers: ["m1", "m2"], replyId: "rpl_2" });
    await h.send(TEXT, { id: "c", answers: ["m3"] });
    await h.send(TEXT, { id: "d" });

    const runs = h.ilink.named("sendmessage").map(({ body }) => body.msg.run_id);
    expect(runs[0]).toBe(runs[1]);
    expect(runs[2]).not.toBe(runs[0]);
    expect(runs[3]).toBeUndefined();
  });

  it("uses the newest token of this login and none of an earlier one", async () => {
    const h = startIlink();
    const old = handle({ login: "another-login", contextToken: "OLD" });

    await h.send(TEXT, { handles: [old, handle({ contextToken: "NEW" }), handle()] });

    expect(bodyOf(h).msg.context_token).toBe("NEW");
    await expect(h.send(TEXT, { handles: [old] })).rejects.toMatchObject({
      code: "ilink.context-missing",
      until: "customer",
    });
    expect(h.ilink.named("sendmessage")).toHaveLength(1);
  });

  it("says that more waits where it is the last", async () => {
    const h = startIlink({ config: { notices: { moreWaits: "more!" } } });

    await h.send(TEXT, { note: "more-waits" });

    expect(bodyOf(h).msg.item_list[0].text_item.text).toBe("hello\nmore!");
  });

  it.each([[""], ["{}"], [{ ret: 0 }]])(
    "is unconfirmed when the answer is %j, and is not sent again",
    async (answer) => {
      const h = startIlink();
      h.ilink.on("sendmessage", answer);

      expect(await h.send(TEXT)).toEqual({ unconfirmed: true });
      expect(h.ilink.named("sendmessage")).toHaveLength(1);
    },
  );

  it("keeps a 64-bit id that comes as a bare number", async () => {
    const h = startIlink();
    h.ilink.on("sendmessage", '{"ret":0,"message_id":18446744073709551615}');

    expect(await h.send(TEXT)).toEqual({ platformId: "18446744073709551615" });
  });

  it("with an id of 0 has none", async () => {
    const h = startIlink();
    h.ilink.on("sendmessage", { ret: 0, message_id: 0 });

    expect(await h.send(TEXT)).toEqual({ unconfirmed: true });
  });

  it("of a type of its own goes as it is", async () => {
    const h = startIlink();

    await h.send({ kind: "native", payload: { type: 11, tool_call_start_item: { tool_name: "search" } } });

    expect(bodyOf(h).msg.item_list).toEqual([{ type: 11, tool_call_start_item: { tool_name: "search" } }]);
    await expect(h.send({ kind: "native", payload: { text: "x" } })).rejects.toMatchObject({
      code: "ilink.native-without-type",
    });
  });
});

describe("what -2 means", () => {
  it("is the window, when the person's message is a day old", async () => {
    const h = startIlink();
    refuse(h, -2);

    const sending = h.send(TEXT, { handles: [handle({}, NOW - 25 * HOUR_MS)] });

    await expect(sending).rejects.toMatchObject({
      code: "ilink.reply-window-closed",
      until: "customer",
      platformCode: -2,
    });
  });

  it("is the quota, when ten were sent", async () => {
    const h = startIlink();
    for (let n = 0; n < 10; n += 1) await h.send(TEXT, { id: `m${n}` });
    refuse(h, -2);

    await expect(h.send(TEXT)).rejects.toMatchObject({ code: "ilink.reply-quota-used", until: "customer" });
  });

  it("is the size, when the text is too long", async () => {
    const h = startIlink();
    refuse(h, -2);

    const sending = h.send({ kind: "text", text: "汉".repeat(6_000) });

    await expect(sending).rejects.toMatchObject({ name: "RejectedError", code: "ilink.text-too-long" });
  });

  it("is the token, when there was none, or when the platform knows none", async () => {
    const h = startIlink();
    refuse(h, -2);

    await expect(h.send(TEXT, { handles: [] })).rejects.toMatchObject({
      code: "ilink.context-missing",
      until: "customer",
    });
    refuse(h, -2, "unknown error");
    await expect(h.send(TEXT)).rejects.toMatchObject({ code: "ilink.context-missing", until: "customer" });
  });

  it("is a throttle otherwise: one more try, later, and then the person's next message", async () => {
    const h = startIlink();
    refuse(h, -2);

    await expect(h.send(TEXT)).rejects.toMatchObject({
      code: "ilink.throttled",
      until: { at: new Date(NOW + 30_000) },
    });
    await expect(h.send(TEXT, { attempt: 2 })).rejects.toMatchObject({ code: "ilink.refused", until: "customer" });
  });
});

describe("a refusal", () => {
  it("with -3 is final", async () => {
    const h = startIlink();
    refuse(h, -3, "invalid arguments");

    await expect(h.send(TEXT)).rejects.toMatchObject({
      name: "RejectedError",
      code: "ilink.invalid-arguments",
      platformCode: -3,
    });
  });

  it.each([
    ["ret -14", { ret: -14 }],
    ["errcode -14", { errcode: -14, errmsg: "session timeout" }],
    ["HTTP 401", new Response("", { status: 401 })],
    ["HTTP 403", new Response("", { status: 403 })],
  ])("with %s waits for a new login, is told once, and asks the platform no more", async (_name, answer) => {
    const h = startIlink({ config: { alertUrl: "https://alert.test/hook" } });
    h.ilink.on("/hook", {});
    h.ilink.once("sendmessage", answer);

    await expect(h.send(TEXT)).rejects.toMatchObject({ code: "ilink.login-expired", until: "customer" });
    await expect(h.send(TEXT)).rejects.toMatchObject({ code: "ilink.login-expired" });
    await h.clock.advance(0);

    expect(h.ilink.named("sendmessage")).toHaveLength(1);
    expect(h.channel.health()).toMatchObject({ state: "needs-login", accounts: [{ state: "needs-login" }] });
    expect(h.logs.filter(({ level }) => level === "error")).toHaveLength(1);
    expect(h.ilink.named("/hook")).toMatchObject([{ body: { channel: "me", account: PERSON, state: "needs-login" } }]);
  });

  it("nobody has described is tried again, and given up after five times", async () => {
    const h = startIlink();
    refuse(h, -99, "new");

    await expect(h.send(TEXT)).rejects.toMatchObject({ name: "TransientError", code: "ilink.unknown-code" });
    await expect(h.send(TEXT, { attempt: 5 })).rejects.toMatchObject({ name: "RejectedError", platformCode: -99 });
  });

  it.each([
    ["HTTP 502", new Response("", { status: 502 }), "ilink.http-status"],
    ["a page", "<html>busy</html>", "ilink.unreachable"],
    ["no answer", new TypeError("fetch failed: https://secret"), "ilink.unreachable"],
  ])("that is none, %s, leaves open whether it was sent", async (_name, answer, code) => {
    const h = startIlink();
    h.ilink.on("sendmessage", answer);

    await expect(h.send(TEXT)).rejects.toMatchObject({ name: "TransientError", code, sent: "unknown" });
  });

  it("is what silence becomes after 15 seconds", async () => {
    const h = startIlink();
    h.ilink.on(
      "sendmessage",
      ({ signal }) => new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
    );

    const sending = expect(h.send(TEXT)).rejects.toMatchObject({ code: "ilink.unreachable", sent: "unknown" });
    await h.clock.advance(15_000);

    await sending;
  });

  it("is ours where nobody is signed in", async () => {
    const h = startIlink({ config: { token: undefined } });

    await expect(h.send(TEXT)).rejects.toMatchObject({ code: "ilink.not-signed-in", until: "customer" });
  });
});

describe("an uploaded file", () => {
  const source = (text: string) => ({
    async open() {
      return {
        body: (async function* () {
          yield Buffer.from(text);
        })(),
        mime: "text/plain",
      };
    },
  });

  it("is encrypted on its way and shown with the sizes the phone needs", async () => {
    const h = startIlink({ media: source("hello") });

    const staged = await h.stage({ kind: "file", url: "https://x/a.txt", filename: "a.txt" });
    await h.send(staged);

    const plan = h.ilink.named("getuploadurl")[0]?.body;
    expect(plan).toMatchObject({
      media_type: 3,
      to_user_id: PERSON,
      rawsize: 5,
      rawfilemd5: "5d41402abc4b2a76b9719d911017c592",
      filesize: 16,
      no_need_thumb: true,
      filekey: expect.stringMatching(/^[0-9a-f]{32}$/),
      aeskey: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(h.ilink.named("upload")[0]).toMatchObject({ method: "POST", body: expect.any(Buffer) });
    expect(h.ilink.named("upload")[0]?.body).toHaveLength(16);
    expect(bodyOf(h).msg.item_list).toEqual([
      {
        type: 4,
        file_item: {
          media: {
            encrypt_query_param: "down+/=",
            aes_key: Buffer.from(plan.aeskey).toString("base64"),
            encrypt_type: 1,
          },
          file_name: "a.txt",
          len: "5",
        },
      },
    ]);
  });

  it("goes by the older parameter where no address is given", async () => {
    const h = startIlink({ media: source("hello") });
    h.ilink.on("getuploadurl", { ret: 0, upload_param: "a+/=" });

    await h.stage({ kind: "file", url: "https://x/a.txt" });

    expect(h.ilink.named("upload")[0]?.url.href).toMatch(
      new RegExp(`^${CDN}/upload\\?encrypted_query_param=a%2B%2F%3D&filekey=[0-9a-f]{32}$`),
    );
  });

  it("is tried three times when the server fails or names nothing, and never after a 4xx", async () => {
    const h = startIlink({ media: source("hello") });
    const named = () => new Response("", { headers: { "x-encrypted-param": "p" } });
    h.ilink.once("upload", new Response("", { status: 500 }), new Response(""), named());
    await h.stage({ kind: "file", url: "https://x/a" });
    h.ilink.once("upload", new Response("", { status: 400 }));

    const refused = await h.stage({ kind: "file", url: "https://x/a" });

    expect(h.ilink.named("upload")).toHaveLength(4);
    expect(refused).toMatchObject({ kind: "text" });
  });

  it("is not sent to an address that is none of WeChat's", async () => {
    const h = startIlink({ media: source("hello") });
    h.ilink.on("getuploadurl", { ret: 0, upload_full_url: "https://evil.test/upload" });

    await expect(h.stage({ kind: "file", url: "https://x/a" })).rejects.toMatchObject({ code: "ilink.bad-answer" });
  });

  it("is uploaded again after a day", async () => {
    const h = startIlink({ media: source("hello") });
    const staged = await h.stage({ kind: "file", url: "https://x/a" });
    await h.clock.advance(24 * HOUR_MS + 1);

    await expect(h.send(staged)).rejects.toMatchObject({ code: "ilink.upload-expired", restage: true });
  });

  it("that nobody may have becomes a sentence", async () => {
    const h = startIlink();

    expect(await h.stage({ kind: "image", url: "http://10.0.0.1/x" })).toMatchObject({
      kind: "text",
      text: "（有一个文件未能发送）",
    });
  });

  it("that is larger than the gateway takes is told with its size and the limit", async () => {
    const cause = tooLarge(20 * 1024 * 1024, 25 * 1024 * 1024);
    const open = async () => {
      throw new RejectedError(cause.message, { code: cause.code, cause });
    };
    const h = startIlink({ media: { open } });

    expect(await h.stage({ kind: "file", path: "/srv/files/film.mp4" })).toMatchObject({
      kind: "text",
      text: "（文件未能发送：film.mp4：文件有 25 MB，上限为 20 MB）",
    });
  });
});
