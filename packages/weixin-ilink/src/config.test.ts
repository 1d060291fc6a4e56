import { describe, expect, it } from "vitest";
import { clientVersionNumber, isBotAgent } from "./bot-agent.ts";
import { parseConfig } from "./config.ts";

describe("the configuration", () => {
  it("may be empty", () => {
    expect(parseConfig("me", {})).toMatchObject({
      baseUrl: "https://ilinkai.weixin.qq.com",
      cdnBaseUrl: "https://novac2c.cdn.weixin.qq.com/c2c",
      clientVersion: "2.4.9",
      gapMs: 1_000,
      textLimit: 4_000,
      replyWindow: { hours: 24, messages: 10 },
    });
  });

  it.each([
    ["token", { token: "has spaces" }],
    ["userId", { userId: "zhangsan" }],
    ["clientVersion", { clientVersion: "2.4" }],
    ["botAgent", { botAgent: "MyBot" }],
    ["redirectHosts.0", { redirectHosts: ["https://x"] }],
    ["replyWindow.messages", { replyWindow: { messages: 11 } }],
    ["tokn", { tokn: "x" }],
  ])("says what is wrong with %s", (key, options) => {
    expect(() => parseConfig("me", options as never)).toThrow(
      new RegExp(`channel "me" \\(weixin-ilink\\)[\\s\\S]*${key}`),
    );
  });
});

describe("the program's name", () => {
  it.each(["Ok/2", "MyGateway/1.4.0 (region=cn)", "A/1 (c1) B/2"])("may be %s", (text) => {
    expect(isBotAgent(text)).toBe(true);
  });

  it.each(["", "MyBot", "坏/1", "A/1  B/2", "A/1 (c1) (c2)", "A/1 (open", `A/1 ${"B/2 ".repeat(70)}C/3`])(
    "may not be %j",
    (text) => {
      expect(isBotAgent(text)).toBe(false);
    },
  );
});

describe("the client's version", () => {
  it.each([
    ["2.4.9", 132_105],
    ["1.0.11", 65_547],
    ["0.0.0", 0],
  ])("%s is the number %i", (version, number) => {
    expect(clientVersionNumber(version)).toBe(number);
  });
});
