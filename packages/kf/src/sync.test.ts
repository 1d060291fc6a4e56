import { settled } from "@wxgate/testing";
import { describe, expect, it } from "vitest";
import { callback, innerXml } from "./test-support/callbacks.ts";
import { never, ok, refusal } from "./test-support/fake-qyapi.ts";
import { eventItem, NOW_SECONDS, page, said, startKf } from "./test-support/start-kf.ts";

const ids = (messages: readonly { readonly id: string }[]) => messages.map(({ id }) => id);

describe("a callback", () => {
  it("is acknowledged before the pull, which may take as long as it likes", async () => {
    const kf = startKf();
    kf.qyapi.on("kf/sync_msg", never);

    const response = await kf.ring();

    expect(response.status).toBe(200);
    expect(kf.qyapi.sent("kf/sync_msg")).toHaveLength(1);
    await kf.channel.close?.();
  });

  it("is answered 503 while the channel is being closed, so that the platform tries again", async () => {
    const kf = startKf();

    await kf.channel.close?.();

    expect((await kf.ring()).status).toBe(503);
    expect(kf.qyapi.calls).toHaveLength(0);
  });

  it("of the oldest form, without an account, makes every known account pull", async () => {
    const kf = startKf();
    await kf.ring("wkA");
    await kf.ring("wkB");
    kf.qyapi.calls.length = 0;

    await kf.channel.webhook?.(callback({ token: "T9" }));
    await kf.clock.advance(1_000);

    expect(kf.qyapi.sent("kf/sync_msg").map((body) => [body.open_kfid, body.token])).toEqual([
      ["wkA", "T9"],
      ["wkB", "T9"],
    ]);
  });

  it("of another kind, without token and account, is acknowledged and does nothing", async () => {
    const kf = startKf();

    const response = await kf.channel.webhook?.(callback(innerXml({ event: "enter_agent" })));
    await settled();

    expect(response?.status).toBe(200);
    expect(kf.qyapi.calls).toHaveLength(0);
  });

  it("about changed accounts makes the channel list them anew", async () => {
    const kf = startKf();
    const more = "<AuthAddOpenKfId><![CDATA[wkA]]></AuthAddOpenKfId>";

    await kf.channel.webhook?.(callback(innerXml({ event: "kf_account_auth_change", more })));
    await settled();

    expect(kf.inbox.events).toMatchObject([{ kind: "account-changed", state: "added", name: "Support" }]);
  });

  it("for an account that the operator does not want served is acknowledged and not pulled", async () => {
    const kf = startKf({ config: { accounts: { deny: ["wkA"] } } });

    expect((await kf.ring("wkA")).status).toBe(200);
    expect(kf.qyapi.sent("kf/sync_msg")).toHaveLength(0);
  });
});

describe("a pull", () => {
  it("sends cursor and callback token together on every page, until there is no more", async () => {
    const kf = startKf();
    kf.qyapi.once("kf/sync_msg", page([said("one")], { more: 1, cursor: "c1" }));
    kf.qyapi.once("kf/sync_msg", page([], { more: 1, cursor: "c2" }));
    kf.qyapi.once("kf/sync_msg", page([said("two")], { cursor: "c3" }));

    await kf.ring("wkA", "T1");

    expect(kf.qyapi.sent("kf/sync_msg").map(({ cursor, token }) => [cursor, token])).toEqual([
      [undefined, "T1"],
      ["c1", "T1"],
      ["c2", "T1"],
    ]);
    expect(ids(kf.inbox.messages)).toEqual(["m-one", "m-two"]);
    expect(kf.inbox.cursors.get("sync:wkA")).toBe("c3");
  });

  it("stores messages and the cursor behind them in one accept, moving from where it read", async () => {
    const kf = startKf();
    kf.qyapi.once("kf/sync_msg", page([said("one")], { more: 1, cursor: "c1" }));
    kf.qyapi.once("kf/sync_msg", page([said("two")], { cursor: "c2" }));

    await kf.ring();

    const withMessages = kf.inbox.batches.filter(({ messages }) => messages.length > 0);
    expect(withMessages.map(({ messages, cursor }) => [ids(messages), cursor])).toEqual([
      [["m-one"], { key: "sync:wkA", value: "c1", after: "" }],
      [["m-two"], { key: "sync:wkA", value: "c2", after: "c1" }],
    ]);
  });

  it("leaves the cursor and tries again with growing pauses when nothing can be stored", async () => {
    const kf = startKf();
    await kf.ring();
    const cursorBefore = kf.inbox.cursors.get("sync:wkA");
    kf.qyapi.on("kf/sync_msg", page([said("one")], { cursor: "c9" }));
    kf.inbox.before(() => {
      throw new Error("the disk is full");
    });

    await kf.ring();
    await kf.clock.advance(15_000);
    const attempts = kf.qyapi.sent("kf/sync_msg").length - 1;
    const cursorMeanwhile = kf.inbox.cursors.get("sync:wkA");
    kf.inbox.before(() => {});
    await kf.clock.advance(30_000);

    expect(attempts).toBeGreaterThanOrEqual(3);
    expect(attempts).toBeLessThanOrEqual(5);
    expect(cursorMeanwhile).toBe(cursorBefore);
    expect(ids(kf.inbox.messages)).toEqual(["m-one"]);
    expect(kf.inbox.cursors.get("sync:wkA")).toBe("c9");
  });

  it("goes on without the token when the token is over, with the same cursor", async () => {
    const kf = startKf();
    kf.news(said("one"));
    await kf.ring();
    const cursor = kf.inbox.cursors.get("sync:wkA");
    kf.qyapi.once("kf/sync_msg", refusal(95007, "invalid msg token"));
    kf.news(said("two"));

    await kf.clock.advance(1_000);
    await kf.ring("wkA", "OLD");

    expect(kf.qyapi.sent("kf/sync_msg").slice(-2)).toMatchObject([{ token: "OLD", cursor }, { cursor }]);
    expect(kf.qyapi.sent("kf/sync_msg").at(-1)).not.toHaveProperty("token");
    expect(kf.qyapi.sent("gettoken")).toHaveLength(1);
    expect(ids(kf.inbox.messages)).toEqual(["m-one", "m-two"]);
  });

  it("gives up for a while when the platform says more and does not move", async () => {
    const kf = startKf();
    kf.qyapi.on("kf/sync_msg", page([], { more: 1, cursor: "stuck" }));

    await kf.ring();
    await kf.clock.advance(20_000);
    const calls = kf.qyapi.sent("kf/sync_msg").length;

    expect(calls).toBeLessThanOrEqual(5);
    expect(kf.channel.health()).toMatchObject({ accounts: [{ state: "degraded" }] });
    await kf.channel.close?.();
  });

  it("keeps the old cursor when the answer names none, and bears a missing list", async () => {
    const kf = startKf();
    kf.news(said("one"));
    await kf.ring();
    const cursor = kf.inbox.cursors.get("sync:wkA");
    kf.qyapi.once("kf/sync_msg", { ...ok, has_more: 0 });

    await kf.clock.advance(1_000);
    await kf.ring();

    expect(kf.inbox.cursors.get("sync:wkA")).toBe(cursor);
  });

  it("stores a message once though the pages repeat it", async () => {
    const kf = startKf();
    kf.qyapi.once("kf/sync_msg", page([said("one"), said("two")], { more: 1 }));
    kf.qyapi.once("kf/sync_msg", page([said("two"), said("three")]));

    await kf.ring();

    expect(ids(kf.inbox.messages)).toEqual(["m-one", "m-two", "m-three"]);
  });

  it("refreshes a refused access token in the middle of the pages and loses nothing", async () => {
    const kf = startKf();
    kf.qyapi.once("kf/sync_msg", page([said("one")], { more: 1, cursor: "c1" }));
    kf.qyapi.once("kf/sync_msg", refusal(42001, "access_token expired"));
    kf.qyapi.once("kf/sync_msg", page([said("two")]));
    kf.qyapi.once("gettoken", { ...ok, access_token: "AT-first", expires_in: 7200 });

    await kf.ring();

    expect(ids(kf.inbox.messages)).toEqual(["m-one", "m-two"]);
    expect(kf.qyapi.sent("gettoken")).toHaveLength(2);
  });

  it("is told apart from others by the account: each has its own cursor", async () => {
    const kf = startKf();
    kf.qyapi.on("kf/sync_msg", ({ body }) =>
      page([said("same id", { open_kfid: body.open_kfid })], { cursor: `of-${body.open_kfid}` }),
    );

    await kf.ring("wkA");
    await kf.ring("wkB");

    expect([...kf.inbox.cursors]).toEqual([
      ["sync:wkA", "of-wkA"],
      ["sync:wkB", "of-wkB"],
    ]);
    expect(kf.inbox.messages.map(({ from }) => from.account)).toEqual(["wkA", "wkB"]);
  });
});

describe("a burst of callbacks", () => {
  it("makes one pull run and one wait, which has the newest token", async () => {
    const kf = startKf();
    let release = () => {};
    kf.qyapi.once(
      "kf/sync_msg",
      () =>
        new Promise((resolve) => {
          release = () => resolve(page([]));
        }),
    );
    await kf.ring("wkA", "T1");

    for (const token of ["T2", "T3", "T4"]) await kf.ring("wkA", token);
    const whileRunning = kf.qyapi.sent("kf/sync_msg").length;
    release();
    await kf.clock.advance(1_000);

    expect(whileRunning).toBe(1);
    expect(kf.qyapi.sent("kf/sync_msg").map(({ token }) => token)).toEqual(["T1", "T4"]);
  });

  it("of a thousand in two seconds costs at most 20 pulls", async () => {
    const kf = startKf();
    kf.qyapi.on("kf/sync_msg", () => page([]));

    for (let batch = 0; batch < 100; batch += 1) {
      for (let one = 0; one < 10; one += 1) {
        await kf.channel.webhook?.(callback({ openKfId: "wkA", token: "T", createTime: NOW_SECONDS }));
      }
      await kf.clock.advance(20);
    }
    await kf.clock.advance(5_000);

    expect(kf.qyapi.sent("kf/sync_msg").length).toBeLessThanOrEqual(20);
  });
});

describe("the first contact with an account", () => {
  it("answers the message that rang, and keeps older ones as history", async () => {
    const kf = startKf();
    kf.news(said("yesterday", { send_time: NOW_SECONDS - 86_400 }), said("now", { send_time: NOW_SECONDS - 5 }));

    await kf.ring("wkA", "T1", NOW_SECONDS);

    expect(ids(kf.inbox.messages)).toEqual(["m-now"]);
    expect(ids(kf.inbox.history)).toEqual(["m-yesterday"]);
  });

  it("stays the border when a crash or a later page comes in between", async () => {
    const kf = startKf();
    kf.news(said("first"));
    await kf.ring("wkA", "T1", NOW_SECONDS);
    kf.news(said("old page", { send_time: NOW_SECONDS - 7_200 }));

    await kf.clock.advance(1_000);
    await kf.ring("wkA", "T2", NOW_SECONDS + 1);

    expect(ids(kf.inbox.history)).toEqual(["m-old page"]);
  });

  it("answers older messages too when backfill is on", async () => {
    const kf = startKf({ config: { backfill: true } });
    kf.news(
      said("yesterday", { send_time: NOW_SECONDS - 86_400 }),
      said("last week", { send_time: NOW_SECONDS - 7 * 86_400 }),
    );

    await kf.ring();

    expect(ids(kf.inbox.messages)).toEqual(["m-yesterday"]);
    expect(ids(kf.inbox.history)).toEqual(["m-last week"]);
  });

  it("bears a platform clock that runs ahead of ours", async () => {
    const kf = startKf();
    kf.news(said("now", { send_time: NOW_SECONDS - 30 }));

    await kf.ring("wkA", "T1", NOW_SECONDS + 300);

    expect(ids(kf.inbox.messages)).toEqual(["m-now"]);
  });
});

describe("after an outage", () => {
  it("answers what is up to 48 hours old and keeps the rest as history, with a warning", async () => {
    const kf = startKf();
    await kf.ring();
    const hours = (count: number) => ({ send_time: NOW_SECONDS + 60 * 3_600 - count * 3_600 });
    await kf.clock.advance(60 * 3_600_000);
    kf.news(said("too old", hours(49)), said("old", hours(47)), said("new", hours(0)));

    await kf.ring("wkA", "T2", NOW_SECONDS + 60 * 3_600);

    expect(ids(kf.inbox.messages)).toEqual(["m-old", "m-new"]);
    expect(ids(kf.inbox.history)).toEqual(["m-too old"]);
    expect(kf.logs).toContainEqual(
      expect.objectContaining({ level: "warn", message: expect.stringContaining("too old") }),
    );
  });

  it("pulls at the start, without a token, and again at intervals with jitter", async () => {
    const kf = startKf({ config: { catchUpIntervalSeconds: 300 } });
    kf.news(said("while away", { send_time: NOW_SECONDS }));

    await kf.runFor(1_000);
    const atStart = kf.qyapi.sent("kf/sync_msg");
    await kf.runFor(650_000);

    expect(atStart).toHaveLength(1);
    expect(atStart[0]).not.toHaveProperty("token");
    expect(ids(kf.inbox.messages)).toEqual(["m-while away"]);
    expect(kf.qyapi.sent("kf/sync_msg")).toHaveLength(1 + 3);
  });

  it("waits as long as the platform asks when a pull without a token is too frequent", async () => {
    const kf = startKf();
    kf.qyapi.on("kf/sync_msg", refusal(45009, "api freq out of limit"));

    await kf.runFor(55_000);

    expect(kf.qyapi.sent("kf/sync_msg")).toHaveLength(1);
    await kf.channel.close?.();
  });
});

describe("accounts", () => {
  it("are listed page by page", async () => {
    const kf = startKf();
    const account = (index: number) => ({ open_kfid: `wk${index}`, manage_privilege: true });
    kf.qyapi.on("kf/account/list", ({ body }) => ({
      ...ok,
      account_list: Array.from({ length: body.offset === 0 ? 100 : 20 }, (_, index) => account(body.offset + index)),
    }));

    await kf.runFor(1_000);

    expect(kf.qyapi.sent("kf/account/list")).toEqual([
      { offset: 0, limit: 100 },
      { offset: 100, limit: 100 },
    ]);
    expect(kf.channel.health().accounts).toHaveLength(120);
  });

  it("that were deleted are pulled no more, while others are", async () => {
    const kf = startKf();
    kf.qyapi.on("kf/account/list", {
      ...ok,
      account_list: ["wkA", "wkB"].map((open_kfid) => ({ open_kfid, manage_privilege: true })),
    });
    kf.qyapi.on("kf/sync_msg", ({ body }) =>
      body.open_kfid === "wkA" ? refusal(95004, "open_kfid not exist") : page([]),
    );

    await kf.runFor(1_000_000);

    const pulled = kf.qyapi.sent("kf/sync_msg").map(({ open_kfid }) => open_kfid);
    expect(pulled.filter((account) => account === "wkA")).toHaveLength(1);
    expect(pulled.filter((account) => account === "wkB").length).toBeGreaterThan(2);
    expect(kf.inbox.events).toContainEqual(expect.objectContaining({ kind: "account-changed", state: "deleted" }));
    expect(kf.channel.health().accounts[0]).toMatchObject({ account: "wkA", state: "stopped" });
  });

  it("that the app may not manage are neither pulled nor counted as sick", async () => {
    const kf = startKf();
    kf.qyapi.on("kf/account/list", {
      ...ok,
      account_list: [
        { open_kfid: "wkA", manage_privilege: true },
        { open_kfid: "wkB", manage_privilege: false },
      ],
    });

    await kf.runFor(1_000);

    expect(kf.qyapi.sent("kf/sync_msg").map(({ open_kfid }) => open_kfid)).toEqual(["wkA"]);
    expect(kf.channel.health()).toMatchObject({ state: "ok" });
  });

  it("come back with a sign of life", async () => {
    const kf = startKf();
    kf.qyapi.once("kf/sync_msg", refusal(95004));
    await kf.ring();
    kf.news(said("back"));

    await kf.clock.advance(1_000);
    await kf.ring();

    expect(ids(kf.inbox.messages)).toEqual(["m-back"]);
    expect(kf.inbox.events.map((event) => (event as { state?: string }).state)).toEqual(["added", "deleted", "added"]);
  });

  it("are remembered over a restart, and met once by several gateways", async () => {
    const kf = startKf();
    await kf.ring();

    expect([...kf.state.keys()].filter((key) => key.startsWith("account:"))).toEqual(["account:wkA"]);
    expect(kf.inbox.events).toHaveLength(1);
  });
});

describe("when the operator must act", () => {
  it.each([
    [60020, /address 203\.0\.113\.9/],
    [95011, /secret of a self-built app/],
    [95012, /kf\.weixin\.qq\.com/],
    [40001, /secret is wrong/],
  ])("errcode %i becomes the channel's state, with what to do, and is not hammered", async (errcode, hint) => {
    const kf = startKf();
    kf.qyapi.on(errcode === 40001 ? "gettoken" : "kf/sync_msg", refusal(errcode, "not allow to access from your ip"));

    await kf.ring();
    await kf.clock.advance(50_000);

    expect(kf.channel.health()).toMatchObject({ state: "paused", hint: expect.stringMatching(hint) });
    expect(
      kf.qyapi.calls.filter(({ path }) => path === "kf/sync_msg" || path === "gettoken").length,
    ).toBeLessThanOrEqual(3);
    await kf.channel.close?.();
  });

  it("a live check finds it without waiting for a message", async () => {
    const kf = startKf();
    kf.qyapi.on("gettoken", refusal(40001, "invalid credential"));

    const health = await kf.channel.probe?.(new AbortController().signal);

    expect(health).toMatchObject({ state: "paused", reason: expect.stringContaining("40001") });
  });

  it("says how old the news is that it could not pull", async () => {
    const kf = startKf();
    kf.qyapi.on("kf/sync_msg", refusal(48002));

    await kf.ring();
    await kf.clock.advance(40_000);

    expect(kf.channel.health().accounts[0]?.lagMs).toBeGreaterThanOrEqual(40_000);
    await kf.channel.close?.();
  });
});

describe("customers' names", () => {
  it("are looked up once for a page and stand at its messages", async () => {
    const kf = startKf();
    kf.qyapi.on("kf/customer/batchget", {
      ...ok,
      customer_list: [{ external_userid: "wmU", nickname: "小王", avatar: "https://a.test/w.png", gender: 1 }],
      invalid_external_userid: ["wmV"],
    });
    kf.news(said("one"), said("two"), said("three", { external_userid: "wmV" }));
    await kf.ring();
    kf.news(said("four"));
    await kf.clock.advance(1_000);
    await kf.ring();

    expect(kf.qyapi.sent("kf/customer/batchget")).toEqual([
      { external_userid_list: ["wmU", "wmV"], need_enter_session_context: 0 },
    ]);
    expect(kf.inbox.messages.map(({ sender }) => sender)).toEqual([
      { id: "wmU", name: "小王", avatarUrl: "https://a.test/w.png" },
      { id: "wmU", name: "小王", avatarUrl: "https://a.test/w.png" },
      { id: "wmV" },
      { id: "wmU", name: "小王", avatarUrl: "https://a.test/w.png" },
    ]);
  });

  it("hold up a message for two seconds at most", async () => {
    const kf = startKf();
    kf.qyapi.on("kf/customer/batchget", never);
    kf.news(said("one"));

    await kf.ring();
    const before = kf.inbox.messages.length;
    await kf.clock.advance(2_000);

    expect(before).toBe(0);
    expect(kf.inbox.messages).toMatchObject([{ sender: { id: "wmU" } }]);
  });

  it("cost nothing but the name when the app may not read them", async () => {
    const kf = startKf();
    kf.qyapi.on("kf/customer/batchget", refusal(48002));
    kf.news(said("one"));

    await kf.ring();

    expect(ids(kf.inbox.messages)).toEqual(["m-one"]);
  });
});

describe("the order of the stream", () => {
  it("is kept where it says who serves: what stood before is stored before", async () => {
    const kf = startKf();
    await kf.ring();
    const before = kf.inbox.batches.length;
    kf.news(said("to the human"), eventItem("session_status_change", { change_type: 3 }), said("to the bot"));

    await kf.clock.advance(1_000);
    await kf.ring();

    const batches = kf.inbox.batches.slice(before);
    expect(batches.map(({ messages, events }) => [ids(messages), events?.map(({ kind }) => kind)])).toEqual([
      [["m-to the human"], []],
      [[], ["session-changed"]],
      [["m-to the bot"], []],
    ]);
    expect(batches.map(({ cursor }) => cursor !== undefined)).toEqual([false, false, true]);
  });

  it("puts a recall behind the message it recalls", async () => {
    const kf = startKf();
    kf.news(said("oops"), eventItem("user_recall_msg", { recall_msgid: "m-oops" }));

    await kf.ring();

    expect(
      kf.inbox.batches.slice(-2).map(({ messages, events }) => [ids(messages), events?.map(({ kind }) => kind)]),
    ).toEqual([
      [["m-oops"], []],
      [[], ["recalled"]],
    ]);
  });
});
