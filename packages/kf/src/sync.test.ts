import { describe, expect, it } from "vitest";
import { callback } from "./test-support/callbacks.ts";
import { ok, refusal } from "./test-support/fake-qyapi.ts";
import { eventItem, NOW_SECONDS, page, said, startKf } from "./test-support/start-kf.ts";

const ids = (messages: readonly { readonly id: string }[]) => messages.map(({ id }) => id);

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

  it("keeps the newer token when the pull that ran meanwhile failed", async () => {
    const kf = startKf();
    let fail = () => {};
    kf.qyapi.once(
      "kf/sync_msg",
      () =>
        new Promise((resolve) => {
          fail = () => resolve(refusal(-1));
        }),
    );
    await kf.ring("wkA", "T1");
    await kf.ring("wkA", "T2");

    kf.qyapi.on("kf/sync_msg", ({ body }) => (body.token === "T1" ? refusal(-1) : page([])));
    fail();
    await kf.clock.advance(10_000);

    expect(kf.qyapi.sent("kf/sync_msg").at(-1)).toMatchObject({ token: "T2" });
    expect(kf.channel.health().accounts[0]).toMatchObject({ lagMs: 0 });
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

  it("does not let a refused pull without a token hold up a callback that brings one", async () => {
    const kf = startKf();
    kf.qyapi.once("kf/sync_msg", refusal(45009, "api freq out of limit"));
    await kf.runFor(1_000);
    kf.news(said("hi"));

    await kf.ring("wkA", "T1");

    expect(ids(kf.inbox.messages)).toEqual(["m-hi"]);
  });

  it("waits as long as the platform asks when a pull without a token is too frequent", async () => {
    const kf = startKf();
    kf.qyapi.on("kf/sync_msg", refusal(45009, "api freq out of limit"));

    await kf.runFor(55_000);

    expect(kf.qyapi.sent("kf/sync_msg")).toHaveLength(1);
    await kf.channel.close?.();
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
