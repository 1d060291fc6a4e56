import { describe, expect, it } from "vitest";
import { DEFAULT_CORPS, startSimulator } from "../index.ts";
import { APP, type Client, seal, start, text } from "./client.fixture.ts";

const event = (client: Client, more: object) =>
  client.sim.act("wecom-agent-xml", "event", { account: APP, event: "click", EventKey: "menu", ...more });

describe("the directory of an enterprise", () => {
  it("stays as it is when somebody only looks or taps", async () => {
    const client = await start();

    const screen = client.sim.screen({ account: APP, user: "ghost1" });
    await expect(client.sim.tap({ account: APP, user: "ghost1", message: "none", item: 0 })).rejects.toThrow("no card");

    expect(screen).toMatchObject({ user: { id: "ghost1" }, chat: { licensed: false }, items: [] });
    expect(await client.send({ ...text("hi"), touser: "ghost1" })).toMatchObject({ errcode: 81013 });
  });

  it("gets whoever writes", async () => {
    const client = await start();

    await client.sim.send({ account: APP, from: "ghost1", content: [{ kind: "text", text: "hi" }] });

    expect(await client.send({ ...text("hi"), touser: "ghost1" })).toMatchObject({ errcode: 0 });
  });

  it("gets whoever causes an event, and shows the answer to it on that phone", async () => {
    const client = await start();
    client.answer.body = seal("<xml><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[the menu]]></Content></xml>");

    await event(client, { user: "m1" });
    await client.sim.idle();

    expect(client.screen("m1")).toMatchObject([{ direction: "outbound", kind: "text", text: "the menu", by: "reply" }]);
    expect(await client.send({ ...text("hi"), touser: "m1" })).toMatchObject({ errcode: 0 });
  });

  it("does not get the platform itself for its own events", async () => {
    const client = await start();

    await event(client, { event: "change_contact", ChangeType: "create_user" });

    expect(await client.send({ ...text("hi"), touser: "sys" })).toMatchObject({ errcode: 81013 });
  });
});

describe("a userid", () => {
  it.each(["a", "Li.Si", "li_si-1@corp", "7", "a".repeat(64)])("may be %s", async (from) => {
    const client = await start();

    await expect(
      client.sim.send({ account: APP, from, content: [{ kind: "text", text: "hi" }] }),
    ).resolves.toMatchObject({ user: from });
  });

  it.each([
    ["张三", "other characters"],
    ["li si", "other characters"],
    [".li", "begin"],
    ["a".repeat(65), "longer than 64 bytes"],
  ])("may not be %s", async (from, reason) => {
    const client = await start();

    await expect(client.sim.send({ account: APP, from, content: [{ kind: "text", text: "hi" }] })).rejects.toThrow(
      reason,
    );
    await expect(event(client, { user: from })).rejects.toThrow(reason);
    expect(() => client.screen(from)).toThrow(reason);
  });

  it("may have any characters under the fault that leaves that open", async () => {
    const client = await start({ faults: [{ name: "app.userid.any-characters" }] });

    const { user } = await client.sim.send({ account: APP, from: "张三", content: [{ kind: "text", text: "hi" }] });

    expect(user).toBe("张三");
  });

  it.each([
    [["zhang san"], "no userid"],
    [["zhangsan", "ZhangSan"], "twice"],
  ])("of the directory is checked at the start: %j", async (userIds, reason) => {
    const members = userIds.map((userId) => ({ userId }));
    const corps = DEFAULT_CORPS.map((corp) => ({ ...corp, directory: { members } }));

    await expect(startSimulator({ corps })).rejects.toThrow(reason);
  });
});
