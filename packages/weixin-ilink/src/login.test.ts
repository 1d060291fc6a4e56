import type { LoginEvent } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { BASE, never } from "./test-support/fake-ilink.ts";
import { NOW, startIlink, TOKEN } from "./test-support/start-ilink.ts";

const CONFIRMED = {
  ret: 0,
  status: "confirmed",
  bot_token: "new@im.bot:canary-login-secret",
  ilink_bot_id: "new@im.bot",
  baseurl: `${BASE}/`,
  ilink_user_id: "o9newPerson@im.wechat",
};
const unsigned = { token: undefined, userId: undefined };

/** Runs a login while time passes; its events. Codes are typed in this order. */
async function login(h: ReturnType<typeof startIlink>, codes: readonly string[] = []): Promise<readonly LoginEvent[]> {
  const events: LoginEvent[] = [];
  async function* answers(): AsyncGenerator<string> {
    yield* codes;
    await new Promise(() => {});
  }
  const signing = (async () => {
    for await (const event of h.channel.login?.(answers(), new AbortController().signal) ?? []) events.push(event);
  })();
  await h.clock.advance(500_000);
  await signing;
  return events;
}
const statuses = (h: ReturnType<typeof startIlink>, ...list: readonly object[]) =>
  h.ilink.once("get_qrcode_status", ...list);
const asked = (h: ReturnType<typeof startIlink>) => h.ilink.named("get_qrcode_status");

describe("signing in", () => {
  it("shows the link as QR code, tells that it was scanned, and keeps the credentials sealed", async () => {
    const h = startIlink({ config: unsigned });
    statuses(h, { status: "wait" }, { status: "scaned" }, { status: "scaned" }, CONFIRMED);

    const events = await login(h);

    expect(events).toEqual([
      { kind: "qr", content: "https://liteapp.weixin.qq.com/q/qr-1", expiresAt: new Date(NOW + 300_000) },
      { kind: "scanned" },
      { kind: "confirmed", account: "o9newPerson@im.wechat" },
    ]);
    const [kept] = [...h.state].filter(([key]) => key.startsWith("account|"));
    expect(kept).toMatchObject(["account|o9newPerson@im.wechat", { sealed: true }]);
    expect(h.channel.health().accounts).toMatchObject([{ account: "o9newPerson@im.wechat", state: "starting" }]);
  });

  it("asks without a token, and polls the status with the bare headers", async () => {
    const h = startIlink();
    statuses(h, CONFIRMED);

    await login(h);

    const qr = h.ilink.named("get_bot_qrcode")[0];
    expect(qr).toMatchObject({ method: "POST", body: { local_token_list: [TOKEN] } });
    expect(qr?.url.search).toBe("?bot_type=3");
    expect(qr?.headers.has("authorization")).toBe(false);
    expect(asked(h)[0]?.method).toBe("GET");
    expect([...(asked(h)[0]?.headers.keys() ?? [])].sort()).toEqual(["ilink-app-clientversion", "ilink-app-id"]);
  });

  it("asks for the digits on the phone, again when they are wrong, and sends them until they are taken", async () => {
    const h = startIlink({ config: unsigned });
    const need = { status: "need_verifycode" };
    statuses(h, need, need, { status: "wait" }, { status: "scaned" }, CONFIRMED);

    const events = await login(h, ["1111", "4321"]);

    expect(events.map(({ kind }) => kind)).toEqual(["qr", "code-needed", "code-needed", "scanned", "confirmed"]);
    const prompts = events.flatMap((event) => (event.kind === "code-needed" ? event.prompt : []));
    expect(prompts[1]).not.toBe(prompts[0]);
    expect(asked(h).map(({ url }) => url.searchParams.get("verify_code"))).toEqual([
      null,
      "1111",
      "4321",
      "4321",
      null,
    ]);
  });

  it.each([
    ["expired", /in time/],
    ["verify_code_blocked", /wrong codes/],
  ])("shows three codes, and gives up when all are %s", async (status, reason) => {
    const h = startIlink({ config: unsigned });
    h.ilink.on("get_qrcode_status", { status });

    const events = await login(h);

    expect(events.map(({ kind }) => kind)).toEqual(["qr", "expired", "qr", "expired", "qr", "expired", "failed"]);
    expect(events.at(-1)).toMatchObject({ reason: expect.stringMatching(reason) });
  });

  it("goes on at another data centre, and comes back for a fresh code", async () => {
    const h = startIlink({ config: unsigned });
    statuses(h, { status: "scaned_but_redirect", redirect_host: "sz.weixin.qq.com" }, { status: "expired" }, CONFIRMED);

    await login(h);

    expect(asked(h).map(({ url }) => url.host)).toEqual(["ilink.test", "sz.weixin.qq.com", "ilink.test"]);
    expect(h.ilink.named("get_bot_qrcode").map(({ url }) => url.host)).toEqual(["ilink.test", "ilink.test"]);
  });

  it("stays below the path of its own address when it is sent to that host", async () => {
    const h = startIlink({ config: { ...unsigned, baseUrl: "https://ilink.test/proxy" } });
    statuses(h, { status: "scaned_but_redirect", redirect_host: "ilink.test" }, CONFIRMED);

    await login(h);

    expect(asked(h).map(({ url }) => url.pathname)).toEqual(Array(2).fill("/proxy/ilink/bot/get_qrcode_status"));
  });

  it("stays where it is when the redirect names no host", async () => {
    const h = startIlink({ config: unsigned });
    statuses(h, { status: "scaned_but_redirect" }, CONFIRMED);

    expect((await login(h)).at(-1)).toMatchObject({ kind: "confirmed" });
  });

  it.each(["evil.test", "weixin.qq.com.evil.test", "evil.test/weixin.qq.com", "a@weixin.qq.com", "127.0.0.1:80"])(
    "does not follow to %s",
    async (redirect_host) => {
      const h = startIlink({ config: unsigned });
      statuses(h, { status: "scaned_but_redirect", redirect_host }, CONFIRMED);

      expect((await login(h)).at(-1)).toMatchObject({ kind: "failed", hint: expect.stringContaining("redirectHosts") });
      expect(asked(h)).toHaveLength(1);
    },
  );

  it("follows to a host that the configuration names", async () => {
    const h = startIlink({ config: { ...unsigned, redirectHosts: ["idc.example"] } });
    statuses(h, { status: "scaned_but_redirect", redirect_host: "idc.example" }, CONFIRMED);

    expect((await login(h)).at(-1)).toMatchObject({ kind: "confirmed" });
  });

  it("gives a bot's address to nobody else's host", async () => {
    const h = startIlink({ config: unsigned });
    statuses(h, { ...CONFIRMED, baseurl: "https://evil.test" });

    expect((await login(h)).at(-1)).toMatchObject({ kind: "failed" });
    expect(h.channel.health().accounts).toEqual([]);
  });

  it("is done when the person is bound already", async () => {
    const h = startIlink();
    statuses(h, { status: "binded_redirect" });

    expect((await login(h)).at(-1)).toMatchObject({ kind: "confirmed", account: "o9cq80XyAbC@im.wechat" });
  });

  it("is not over where the login that is bound is one that WeChat refuses", async () => {
    const h = startIlink();
    h.ilink.on("msg/notifystart", { errcode: -14 });
    await h.channel.probe?.(new AbortController().signal);
    statuses(h, { status: "binded_redirect" });

    expect((await login(h)).at(-1)).toMatchObject({ kind: "failed" });
    expect(h.ilink.named("get_bot_qrcode")[0]?.body).toEqual({ local_token_list: [] });
  });

  it.each([
    ["token", { ...CONFIRMED, bot_token: undefined }],
    ["bot id", { ...CONFIRMED, ilink_bot_id: undefined }],
  ])("fails when it is confirmed without a %s", async (_name, answer) => {
    const h = startIlink({ config: unsigned });
    statuses(h, answer);

    expect((await login(h)).at(-1)).toMatchObject({ kind: "failed" });
  });

  it("takes silence and errors for waiting, and ends after eight minutes", async () => {
    const h = startIlink({ config: unsigned });
    statuses(h, new Response("", { status: 502 }), new TypeError("cut"), never as never);
    h.ilink.on("get_qrcode_status", { status: "something new" });

    const events = await login(h);

    expect(events.map(({ kind }) => kind)).toEqual(["qr", "failed"]);
    expect(asked(h).length).toBeGreaterThan(300);
  });

  it("ends with why, and what to look at, where WeChat cannot be asked", async () => {
    const h = startIlink({ config: unsigned });
    h.ilink.on("get_qrcode_status", Object.assign(new TypeError("fetch failed"), { code: "ECONNREFUSED" }));

    expect((await login(h)).at(-1)).toEqual({
      kind: "failed",
      reason: expect.stringMatching(/could not be reached.*ECONNREFUSED/),
      hint: expect.stringContaining("egressProxyUrl"),
    });
    expect(h.logs.filter(({ level }) => level === "warn")).toHaveLength(1);
  });

  it("forgets trouble that has passed", async () => {
    const h = startIlink({ config: unsigned });
    statuses(h, new TypeError("cut"));
    h.ilink.on("get_qrcode_status", { status: "wait" });

    expect((await login(h)).at(-1)).toMatchObject({ reason: "nobody confirmed the login within eight minutes" });
  });

  it("reads the older dialect", async () => {
    const h = startIlink({ config: unsigned });
    h.ilink.on("get_bot_qrcode", { uuid: "u1", qrcodeUrl: "https://q" });
    statuses(
      h,
      { status: "scanned" },
      { ...CONFIRMED, status: "authorized", bot_token: undefined, ilink_bot_token: "t:1" },
    );

    const events = await login(h);

    expect(events.map(({ kind }) => kind)).toEqual(["qr", "scanned", "confirmed"]);
  });

  it("takes the place of the same person's login, and stands beside another's", async () => {
    const h = startIlink();
    statuses(h, CONFIRMED);
    await login(h);
    statuses(h, { ...CONFIRMED, bot_token: "newer@im.bot:s", ilink_bot_id: "newer@im.bot" });
    await login(h);

    expect(
      h.channel
        .health()
        .accounts.map(({ account }) => account)
        .sort(),
    ).toEqual(["o9cq80XyAbC@im.wechat", "o9newPerson@im.wechat"]);
  });
});

describe("a token in the configuration", () => {
  it("gives way to a later login of the same person, until another token is written there", async () => {
    const h = startIlink();
    statuses(h, { ...CONFIRMED, ilink_user_id: "o9cq80XyAbC@im.wechat" });
    await login(h);
    await h.send({ kind: "text", text: "x" }, { handles: [] });

    expect(h.ilink.named("sendmessage")[0]?.headers.get("authorization")).toBe(`Bearer ${CONFIRMED.bot_token}`);
  });

  it("is all that is needed: its account is the person, or else the bot", () => {
    const named = startIlink();
    const bare = startIlink({ config: { userId: undefined } });

    expect(named.channel.health().accounts[0]?.account).toBe("o9cq80XyAbC@im.wechat");
    expect(bare.channel.health().accounts[0]?.account).toBe("b0f5860fdecb@im.bot");
  });
});

describe("without credentials", () => {
  it("the channel is well, polls nothing, and says what is needed", async () => {
    const h = startIlink({ config: unsigned });
    const work = h.run();
    await h.clock.advance(60_000);
    await work.stop();

    expect(h.ilink.calls).toEqual([]);
    expect(h.channel.health()).toMatchObject({ state: "needs-login", hint: expect.stringContaining("wxgate login") });
  });
});
