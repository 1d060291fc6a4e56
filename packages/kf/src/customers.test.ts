import { describe, expect, it } from "vitest";
import { never, ok, refusal } from "./test-support/fake-qyapi.ts";
import { said, startKf } from "./test-support/start-kf.ts";

const ids = (messages: readonly { readonly id: string }[]) => messages.map(({ id }) => id);

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
