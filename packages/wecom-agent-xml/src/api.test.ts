import { describe, expect, it } from "vitest";
import { createAgentApi } from "./api.ts";
import { CONFIG } from "./fixtures/callbacks.ts";
import { createGateway, refusal } from "./fixtures/gateway.ts";
import { OK, signal, start } from "./fixtures/speaking.ts";
import type { AgentXmlOptions } from "./index.ts";

describe("a probe", () => {
  it.each([
    [{ ...OK, ip_list: [] }, { state: "ok" }],
    [
      refusal(60020, "not allow to access from your ip"),
      { state: "degraded", hint: expect.stringContaining("203.0.113.9") },
    ],
    [refusal(48002, "api forbidden"), { state: "degraded", hint: expect.any(String) }],
    [new TypeError("fetch failed"), { state: "degraded", reason: expect.stringContaining("getcallbackip") }],
  ])("tells what it found: %j", async (answer, expected) => {
    const { gateway, channel } = start();
    gateway.on("getcallbackip", answer);

    expect(await channel.probe?.(signal)).toMatchObject(expected);
  });
});

describe("the typed API", () => {
  it("takes a message back, changes groups, and reads them", async () => {
    const gateway = createGateway();
    const { corpId, secret, apiBaseUrl } = CONFIG;
    const api = createAgentApi({ ...gateway.ports(), corpId, secret, apiBaseUrl, agentId: 1000017 });
    gateway.on("appchat/create", { ...OK, chatid: "C1" });
    gateway.on("appchat/get", { ...OK, chat_info: { chatid: "C1", name: "Team", owner: "a", userlist: ["a", "b"] } });

    await api.recall("m1");
    await api.updateCard({ responseCode: "R", parties: [1], tags: [2], change: { buttonText: "Done" } });
    const chatId = await api.createChat({ name: "Team", members: ["a", "b"] });
    await api.updateChat(chatId, { add: ["c"], remove: ["b"] });
    const chat = await api.getChat(chatId);

    expect(gateway.sent("message/recall")).toEqual([{ msgid: "m1" }]);
    expect(gateway.sent("message/update_template_card")).toEqual([
      { partyids: [1], tagids: [2], agentid: 1000017, response_code: "R", button: { replace_name: "Done" } },
    ]);
    expect(gateway.sent("appchat/create")).toEqual([{ name: "Team", userlist: ["a", "b"] }]);
    expect(gateway.sent("appchat/update")).toEqual([{ chatid: "C1", add_user_list: ["c"], del_user_list: ["b"] }]);
    expect(chat).toEqual({ chatId: "C1", name: "Team", owner: "a", members: ["a", "b"] });
  });
});

describe("an answer without what was asked for", () => {
  it("is an error, and no empty name", async () => {
    const gateway = createGateway();
    const { corpId, secret, apiBaseUrl } = CONFIG;
    const api = createAgentApi({ ...gateway.ports(), corpId, secret, apiBaseUrl, agentId: 1000017 });
    gateway.on("appchat/create", OK);

    await expect(api.createChat({ members: ["a", "b"] })).rejects.toMatchObject({
      code: "wecom.bad-answer",
      message: "WeCom's answer to appchat/create names no chatid",
    });
  });
});

describe("a configuration", () => {
  it.each([
    [{ agentId: "helper" }, /agentId: must be the AgentId/],
    [{ encodingAESKey: "short" }, /encodingAESKey: must be the 43 characters/],
    [{ token: undefined }, /token: is missing/],
    [{ secret: "" }, /secret: is empty/],
    [{ limits: { perMinute: 31 } }, /limits.perMinute: WeCom drops more than 30/],
  ])("with %j is refused in words", (change, words) => {
    expect(() => start(undefined, change as Partial<AgentXmlOptions>)).toThrow(words);
  });
});
