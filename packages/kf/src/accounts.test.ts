import { describe, expect, it } from "vitest";
import { ok, refusal } from "./test-support/fake-qyapi.ts";
import { page, said, startKf } from "./test-support/start-kf.ts";

const ids = (messages: readonly { readonly id: string }[]) => messages.map(({ id }) => id);

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

  it("a live check that succeeds leaves it to the next message whether sending is repaired", async () => {
    const kf = startKf();
    kf.qyapi.once("kf/send_msg", refusal(48002));
    const text = { kind: "text", text: "hello", format: "plain" } as const;
    await expect(kf.send(text)).rejects.toMatchObject({ platformCode: 48002 });
    await kf.ring();
    expect(kf.channel.health()).toMatchObject({ state: "paused", reason: expect.stringContaining("48002") });

    expect(await kf.channel.probe?.(new AbortController().signal)).toMatchObject({ state: "ok" });
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
