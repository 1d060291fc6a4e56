import { describe, expect, it } from "vitest";
import { OK, say, start } from "./fixtures/speaking.ts";

describe("a receiver", () => {
  it.each([
    ["party:12", { toparty: "12" }],
    ["tag:3", { totag: "3" }],
    ["user:a|b", { touser: "a|b" }],
  ])("%s is the only one named", async (text, receiver) => {
    const { gateway, channel } = start();

    await say(channel, [{ kind: "text", text: "hi" }], { to: await channel.target(text) });

    const { touser, toparty, totag } = gateway.sent("message/send")[0];
    expect({ touser, toparty, totag }).toEqual({
      touser: undefined,
      toparty: undefined,
      totag: undefined,
      ...receiver,
    });
  });

  it("is everybody only when the configuration allows that", async () => {
    const allowed = start(undefined, { allowBroadcast: true });

    await say(allowed.channel, [{ kind: "text", text: "hi" }], { to: await allowed.channel.target("@all") });

    expect(allowed.gateway.sent("message/send")).toMatchObject([{ touser: "@all" }]);
    await expect(Promise.resolve().then(() => start().channel.target("user:@all"))).rejects.toMatchObject({
      code: "wecom.broadcast-not-allowed",
      hint: expect.stringContaining("allowBroadcast"),
    });
  });

  it("may be a tag by its name, which is looked up", async () => {
    const { gateway, channel } = start();
    gateway.on("tag/list", { ...OK, taglist: [{ tagid: 7, tagname: "Ops" }] });

    expect(await channel.target("tag:Ops")).toMatchObject({ kind: "audience", peer: "tag:7" });
    await expect(channel.target("tag:Nope")).rejects.toThrow('there is no tag "Nope"');
  });

  it("may be a group chat of the app, where a card is its words", async () => {
    const { gateway, channel } = start();
    gateway.on("appchat/get", { ...OK, chat_info: { chatid: "wr1", userlist: ["a", "b"] } });
    const to = await channel.target("group:wr1");

    const receipts = await say(channel, [{ kind: "card", card: { main_title: { title: "Title" } } }], { to });

    expect(gateway.sent("appchat/send")).toEqual([{ chatid: "wr1", msgtype: "text", text: { content: "Title" } }]);
    expect(receipts).toEqual([{ unconfirmed: true }]);
  });

  it("in a group is written to, also where the platform does not tell who is in it", async () => {
    const { gateway, channel } = start();
    gateway.on("appchat/get", { errcode: 48002, errmsg: "api forbidden" });
    const to = await channel.target("group:wr1");

    for (const text of ["one", "two"]) await say(channel, [{ kind: "text", text }], { to });

    expect(gateway.sent("appchat/send")).toMatchObject([{ text: { content: "one" } }, { text: { content: "two" } }]);
  });

  it("in a group waits when its members would get more than the platform lets through", async () => {
    const { gateway, channel } = start(undefined, { groupLimits: { receiversPerMinute: 5 } });
    gateway.on("appchat/get", { ...OK, chat_info: { chatid: "wr1", userlist: ["a", "b"] } });
    const to = await channel.target("group:wr1");
    const write = () => say(channel, [{ kind: "text", text: "hi" }], { to });

    await write();
    await write();
    const third = await write().catch((error) => error);
    gateway.nowMs = third.until.at.getTime();
    await write();

    expect(third.code).toBe("wecom.group-paced");
    expect(gateway.sent("appchat/send")).toHaveLength(3);
  });
});
