import { describe, expect, it } from "vitest";
import { never } from "./test-support/fake-ilink.ts";
import { handle, NOW, PERSON, said, startIlink, TO } from "./test-support/start-ilink.ts";

const HOUR_MS = 3_600_000;
const texts = (h: ReturnType<typeof startIlink>) =>
  h.inbox.messages.map(({ content }) => (content[0]?.kind === "text" ? content[0].text : content[0]?.kind));
const polls = (h: ReturnType<typeof startIlink>) => h.ilink.named("getupdates");

describe("polling", () => {
  it("announces itself, asks from the start, and goes on from the cursor it was given", async () => {
    const h = startIlink();
    h.brings(said("one"));
    h.brings(said("two"));
    const work = h.run();
    await h.clock.advance(10);
    await work.stop();

    expect(h.ilink.calls.slice(0, 2).map(({ name }) => name)).toEqual(["msg/notifystart", "getupdates"]);
    expect(texts(h)).toEqual(["one", "two"]);
    expect(polls(h)[0]?.body.get_updates_buf).toBe("");
    expect(polls(h)[2]?.body.get_updates_buf).toBe([...h.inbox.cursors.values()][0]);
  });

  it("stores messages and the cursor behind them together", async () => {
    const h = startIlink();
    h.brings(said("one"), said("two"));
    const work = h.run();
    await h.clock.advance(10);
    await work.stop();

    expect(h.inbox.batches).toMatchObject([
      { messages: [{}, {}], cursor: { after: "", value: expect.stringMatching(/^cursor-/) } },
    ]);
  });

  it("sends the headers of the official client, a fresh X-WECHAT-UIN each time, and no token in the address", async () => {
    const h = startIlink({ config: { routeTag: "r1" } });
    h.brings(said("one"));
    const work = h.run();
    await h.clock.advance(10);
    await work.stop();

    const [first, second] = polls(h);
    expect(Object.fromEntries(first?.headers ?? [])).toMatchObject({
      "content-type": "application/json",
      authorizationtype: "ilink_bot_token",
      authorization: expect.stringMatching(/^Bearer b0f5860fdecb@im\.bot:/),
      "ilink-app-id": "bot",
      "ilink-app-clientversion": "132105",
      skroutetag: "r1",
    });
    const uin = (call: typeof first) => Buffer.from(call?.headers.get("x-wechat-uin") ?? "", "base64").toString();
    expect(uin(first)).toMatch(/^\d{1,10}$/);
    expect(uin(second)).not.toBe(uin(first));
    expect(first?.url.search).toBe("");
  });

  it.each([
    [undefined, 40_000],
    [100, 6_000],
    [10_000, 15_000],
    [9_999_999, 125_000],
    [-5, 40_000],
  ])(
    "gives a poll up after the announced %s ms and some grace, and asks again",
    async (longpolling_timeout_ms, limit) => {
      const h = startIlink();
      h.ilink.once("getupdates", { ret: 0, msgs: [], longpolling_timeout_ms });
      const work = h.run();
      await h.clock.advance(600);

      await h.clock.advance(limit - 200);
      const before = polls(h).length;
      await h.clock.advance(1_000);
      await work.stop();

      expect(before).toBe(2);
      expect(polls(h)).toHaveLength(3);
      expect(h.channel.health().state).toBe("ok");
    },
  );

  it("is not stopped by a body that never ends", async () => {
    const h = startIlink();
    h.ilink.once("getupdates", () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) })));
    h.brings(said("after"));
    const work = h.run();
    await h.clock.advance(41_000);
    await work.stop();

    expect(texts(h)).toEqual(["after"]);
  });

  it.each([
    ["the gateway's time-out", new Response("", { status: 524 })],
    ["no messages", { ret: 0, msgs: null }],
    ["nothing", ""],
  ])("takes %s for an empty answer", async (_name, answer) => {
    const h = startIlink();
    h.ilink.once("getupdates", answer);
    h.brings(said("next"));
    const work = h.run();
    await h.clock.advance(1_000);
    await work.stop();

    expect(texts(h)).toEqual(["next"]);
    expect(h.logs.filter(({ level }) => level === "warn")).toEqual([]);
  });

  it("waits 2 s after a failure and 30 s after every third, and says so", async () => {
    const h = startIlink();
    h.ilink.on("getupdates", () => new Response("", { status: 502 }));
    const work = h.run();
    await h.clock.advance(4_100);
    const early = polls(h).length;
    await h.clock.advance(29_000);
    const paused = polls(h).length;
    await h.clock.advance(2_000);
    await work.stop();

    expect([early, paused, polls(h).length]).toEqual([3, 3, 4]);
    expect(h.channel.health().accounts[0]).toMatchObject({ state: "degraded", reason: expect.stringContaining("502") });
  });

  it("does not take it for quiet when no connection comes about in time", async () => {
    const h = startIlink();
    h.ilink.on("getupdates", Object.assign(new Error("no connection in time"), { code: "http.timeout", sent: "no" }));
    const work = h.run();
    await h.clock.advance(4_100);
    await work.stop();

    expect(h.channel.health().accounts[0]).toMatchObject({ state: "degraded" });
  });

  it("keeps what it was given until it could be stored, without asking again", async () => {
    const h = startIlink();
    h.brings(said("kept"));
    let failures = 0;
    h.inbox.before(() => {
      failures += 1;
      if (failures <= 3) throw new Error("disk full");
    });
    const work = h.run();
    await h.clock.advance(2_500);
    const asked = polls(h).length;
    await h.clock.advance(1_000);
    await work.stop();

    expect(asked).toBe(1);
    expect(texts(h)).toEqual(["kept"]);
  });

  it("is no race with a server that answers at once with what is known", async () => {
    const h = startIlink();
    h.ilink.on("getupdates", { ret: 0, msgs: [said("again")], get_updates_buf: "same" });
    const work = h.run();
    await h.clock.advance(5_000);
    await work.stop();

    expect(polls(h).length).toBeLessThanOrEqual(12);
    expect(texts(h)).toEqual(["again"]);
  });

  it("keeps its cursor where the answer has an empty one, whatever older names say", async () => {
    const h = startIlink();
    h.brings(said("one"));
    h.ilink.once("getupdates", { ret: 0, msgs: [], get_updates_buf: "", sync_buf: "older" });
    const work = h.run();
    await h.clock.advance(1_000);
    await work.stop();

    expect(polls(h)[2]?.body.get_updates_buf).toBe(polls(h)[1]?.body.get_updates_buf);
  });

  it("reads answers of the older dialect", async () => {
    const h = startIlink();
    h.ilink.once("getupdates", { updates: [said("old")], next_cursor: "c9" });
    const work = h.run();
    await h.clock.advance(10);
    await work.stop();

    expect(texts(h)).toEqual(["old"]);
    expect([...h.inbox.cursors.values()]).toEqual(["c9"]);
  });

  it("says goodbye at the end, without waiting for it", async () => {
    const h = startIlink();
    h.ilink.on("msg/notifystop", never);
    const work = h.run();
    await h.clock.advance(10);
    await work.stop();

    const closing = h.channel.close?.();
    await h.clock.advance(10_000);
    await closing;

    expect(h.ilink.named("msg/notifystop")).toHaveLength(1);
  });
});

describe("a login that is refused", () => {
  it("is seen at once, tried once more soon, and then once an hour", async () => {
    const h = startIlink();
    h.ilink.on("getupdates", { errcode: -14, errmsg: "session timeout" });
    const work = h.run();
    await h.clock.advance(100);
    const state = h.channel.health().accounts[0]?.state;
    await h.clock.advance(10 * HOUR_MS);
    await work.stop();

    expect(state).toBe("needs-login");
    expect(polls(h).length).toBeLessThanOrEqual(12);
    expect(h.logs.filter(({ level }) => level === "error")).toHaveLength(1);
  });

  it("works again when a probe is taken", async () => {
    const h = startIlink();
    h.ilink.once("getupdates", { ret: -14 }, { ret: -14 });
    const work = h.run();
    await h.clock.advance(100);
    h.ilink.on("getupdates", { ret: 0, msgs: [] });
    await h.clock.advance(HOUR_MS + 10_000);
    await work.stop();

    expect(h.channel.health()).toMatchObject({ state: "ok" });
  });

  it("is cut short by a new scan, which forgets the cursor and keeps the account", async () => {
    const h = startIlink();
    h.brings(said("before"));
    h.ilink.once("getupdates", { errcode: -14 });
    const work = h.run();
    await h.clock.advance(100);
    h.ilink.on("get_qrcode_status", {
      status: "confirmed",
      bot_token: "new@im.bot:canary-new",
      ilink_bot_id: "new@im.bot",
      ilink_user_id: PERSON,
      baseurl: "https://ilink.test",
    });
    for await (const event of h.channel.login?.(noAnswers(), new AbortController().signal) ?? [])
      if (event.kind === "failed") throw new Error(event.reason);
    h.brings(said("after"));
    await h.clock.advance(100);
    await work.stop();

    const last = polls(h).at(-2);
    expect(last?.headers.get("authorization")).toBe("Bearer new@im.bot:canary-new");
    expect(last?.body.get_updates_buf).toBe("");
    expect(texts(h)).toEqual(["before", "after"]);
    expect(new Set(h.inbox.messages.map(({ from }) => from.account))).toEqual(new Set([PERSON]));
    expect(h.channel.health().accounts).toMatchObject([{ account: PERSON, state: "ok" }]);
  });
});

async function* noAnswers(): AsyncGenerator<string> {}

describe("a quote", () => {
  const quoting = (ref_msg: object) =>
    said("see", { item_list: [{ type: 1, text_item: { text: "see" }, ref_msg }] as never });

  it("by id alone is completed from what was said", async () => {
    const h = startIlink();
    h.brings(said("the original", { message_id: "42" }));
    h.brings(quoting({ svr_id: "42" }));
    const work = h.run();
    await h.clock.advance(10);
    await work.stop();

    expect(h.inbox.messages[1]?.quote).toEqual({ messageId: "42", content: [{ kind: "text", text: "the original" }] });
  });

  it("of another person's chat is not completed", async () => {
    const h = startIlink();
    h.brings(said("private", { message_id: "42", from_user_id: "o9other@im.wechat" }));
    h.brings(quoting({ svr_id: "42" }));
    const work = h.run();
    await h.clock.advance(10);
    await work.stop();

    expect(h.inbox.messages[1]?.quote).toEqual({ messageId: "42" });
  });

  it("of a part holds that part", async () => {
    const h = startIlink();
    h.brings(said("abcXdefXghi", { message_id: "42" }));
    h.brings(quoting({ svr_id: "42", partial_text: { start: "def", end: "X", startindex: 0, endindex: 1 } }));
    const work = h.run();
    await h.clock.advance(10);
    await work.stop();

    expect(h.inbox.messages[1]?.quote?.content).toEqual([{ kind: "text", text: "defX" }]);
  });

  it("of the bot costs no wait of its own: what is said is kept while it is sent", async () => {
    const h = startIlink();
    const { set } = h.ports.state;
    let written = () => {};
    h.ports.state.set = (...args) => new Promise<void>((resolve) => (written = resolve)).then(() => set(...args));
    const sending = h.send({ kind: "text", text: "what I said" });
    await h.clock.advance(0);

    expect(h.ilink.named("sendmessage")).toHaveLength(1);
    written();
    await sending;
    expect(await h.ports.state.list("sent|")).toMatchObject([{ value: { text: "what I said" } }]);
  });

  it("of the bot does not name what the platform refused", async () => {
    const h = startIlink();
    h.ilink.on("sendmessage", { ret: -3, errmsg: "no" });
    await expect(h.send({ kind: "text", text: "never seen" })).rejects.toThrow();

    expect(await h.ports.state.list("sent|")).toEqual([]);
  });

  it("of the bot that names nothing but the time is found by it", async () => {
    const h = startIlink();
    await h.send({ kind: "text", text: "what I said" }, { handles: [handle()] });
    h.brings(quoting({ message_item: { type: 8, create_time_ms: NOW + 4_000 } }));
    h.brings(quoting({ message_item: { type: 8, create_time_ms: NOW + 40_000 } }));
    const work = h.run();
    await h.clock.advance(10);
    await work.stop();

    expect(h.inbox.messages[0]?.quote).toEqual({ content: [{ kind: "text", text: "what I said" }] });
    expect(h.inbox.messages[0]?.from).toEqual(TO);
  });
});
