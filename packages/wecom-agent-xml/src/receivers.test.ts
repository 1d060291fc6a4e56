import type { JsonObject } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { refusal } from "./fixtures/gateway.ts";
import { messageOf, OK, say, signal, start } from "./fixtures/speaking.ts";

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
  });

  it.each(["@all", "user:@all", "wecom:@all"])(
    "%s is refused where the configuration does not allow it",
    async (text) => {
      await expect(start().channel.target(text)).rejects.toMatchObject({
        code: "wecom.broadcast-not-allowed",
        hint: expect.stringContaining("allowBroadcast"),
      });
    },
  );

  it.each(["@ALL", "user:zhangsan|@All", "user:@all|zhangsan"])("%s is nobody, whatever is allowed", async (text) => {
    await expect(start(undefined, { allowBroadcast: true }).channel.target(text)).rejects.toMatchObject({
      code: "wecom.bad-target",
    });
  });

  it("may be a tag by its name, which is looked up", async () => {
    const { gateway, channel } = start();
    gateway.on("tag/list", { ...OK, taglist: [{ tagid: 7, tagname: "Ops" }] });

    expect(await channel.target("tag:Ops")).toMatchObject({ kind: "audience", peer: "tag:7" });
    await expect(channel.target("tag:Nope")).rejects.toThrow('there is no tag "Nope"');
    gateway.on("tag/list", { ...OK, taglist: ["7", "8"].map((tagid) => ({ tagid, tagname: "Ops" })) });
    await expect(channel.target("tag:Ops")).rejects.toThrow('2 tags are called "Ops", with the numbers 7, 8');
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

  it("in several groups gets from all of them no more than the platform lets through", async () => {
    const { gateway, channel } = start(undefined, { groupLimits: { perMinute: 3 } });
    const members: Record<string, string[]> = { wr1: ["a", "b"], wr2: ["B", "c"], wr3: ["c", "d"] };
    gateway.on("appchat/get", ({ query }) => {
      const chatid = query.get("chatid") ?? "";
      return { ...OK, chat_info: { chatid, userlist: members[chatid] } };
    });
    const write = async (chat: string) =>
      say(channel, [{ kind: "text", text: "hi" }], { to: await channel.target(`group:${chat}`) });

    for (const chat of ["wr1", "wr1", "wr2"]) await write(chat);

    // "b" has three.
    await expect(write("wr1")).rejects.toMatchObject({ code: "wecom.group-paced" });
    await write("wr3");
    expect(gateway.sent("appchat/send").map(({ chatid }) => chatid)).toEqual(["wr1", "wr1", "wr2", "wr3"]);
  });

  it("in a group gets a file once, also when the word beside it fails at first", async () => {
    const { gateway, channel } = start();
    gateway.on("appchat/get", { ...OK, chat_info: { chatid: "wr1", userlist: ["a"] } });
    gateway.on("appchat/send", ({ body }) => (body.msgtype === "text" ? refusal(45033, "too many at once") : OK));
    const to = await channel.target("group:wr1");
    const message = messageOf(
      [
        { kind: "file", mediaId: "M" },
        { kind: "text", text: "as a file", format: "plain" },
      ],
      { to },
    );
    await expect(channel.send(message, signal)).rejects.toMatchObject({ name: "TransientError" });
    gateway.on("appchat/send", OK);

    // As after a pause of the account.
    await start(gateway).channel.send({ ...message, attempt: 1 }, signal);

    const types = gateway.sent("appchat/send").map(({ msgtype }) => msgtype);
    expect(types.filter((type) => type === "file")).toEqual(["file"]);
    expect(types.at(-1)).toBe("text");
  });
});

describe("a message in the platform's own JSON", () => {
  const native = (payload: JsonObject) => ({ kind: "native", payload }) as const;

  it("is refused at once where WeCom would refuse or cut it", () => {
    const { channel } = start();
    const card = { card_type: "nonsense", main_title: { title: "Hi" } };

    expect(() => channel.check?.(native({ msgtype: "text", text: { content: "字".repeat(700) } }))).toThrow(
      "2048 bytes",
    );
    expect(() => channel.check?.(native({ msgtype: "template_card", template_card: card }))).toThrow("card_type");
    expect(() => channel.check?.(native({ text: { content: "hi" } }))).toThrow("needs a msgtype");
  });

  it("that is a card is completed and remembered as one", async () => {
    const { gateway, channel } = start();
    const card = {
      card_type: "button_interaction",
      main_title: { title: "Go?" },
      button_list: [{ text: "Go", key: "go" }],
    };

    await say(channel, [native({ msgtype: "template_card", template_card: card })]);

    const { template_card: sent } = gateway.sent("message/send")[0];
    expect(sent.task_id).toMatch(/^id-/);
    expect(gateway.state.has(`card/${sent.task_id}`)).toBe(true);
  });

  it("is refused in a group that takes no such message", async () => {
    const { channel } = start();
    const to = await channel.target("group:wr1");

    await expect(
      say(channel, [native({ msgtype: "miniprogram_notice", miniprogram_notice: {} })], { to }),
    ).rejects.toMatchObject({
      name: "RejectedError",
      code: "wecom.not-in-groups",
    });
  });
});
