import { describe, expect, it } from "vitest";
import { isMentioned, stripMention } from "./mention.ts";

describe("the mention of the bot", () => {
  it.each([
    ["@Helper what is up", "what is up"],
    ["@Helper\u2005what is up", "what is up"],
    ["what is up @Helper", "what is up"],
    ["please @Helper look", "please look"],
    ["@Helper @Helper twice", "twice"],
    ["@Helper", ""],
  ])("is taken out by name: %j", (text, said) => {
    expect(stripMention(text, "Helper")).toBe(said);
  });

  it("may have spaces in its name", () => {
    expect(stripMention("@AI 助手 你好", "AI 助手")).toBe("你好");
  });

  it.each([
    "write to me@Helper.com",
    "@HelperTwo hello",
    "@zhangsan see this",
    "mail a@b.com and @lisi",
    "no mention at all",
    " spaces stay ",
  ])("leaves other people and addresses alone: %j", (text) => {
    expect(stripMention(text, "Helper")).toBe(text);
  });

  it.each([
    ["@Helper what is up", "what is up"],
    [" @助手\u2005 看看 @zhangsan", "看看 @zhangsan"],
    ["mail me@host.com", "mail me@host.com"],
    ["ask @zhangsan", "ask @zhangsan"],
    ["@a@b.com wrote", "@a@b.com wrote"],
  ])("without a name is one token at the very start: %j", (text, said) => {
    expect(stripMention(text)).toBe(said);
  });

  it("is looked for in linear time", () => {
    const text = "@Helper".repeat(20_000);
    const startedAt = performance.now();

    stripMention(text, "Helper");

    expect(performance.now() - startedAt).toBeLessThan(500);
  });
});

describe("whether a group message calls the bot", () => {
  it.each([
    [["what do you think @Helper"], true],
    [["look", "@Helper\u2005please"], true],
    [["what do you think"], false],
    [["write to me@Helper.com"], false],
    [["@HelperTwo hello"], false],
    [["@zhangsan see this"], false],
    [[], false],
  ] as const)("is told by its name: %j", (texts, expected) => {
    expect(isMentioned(texts, "Helper")).toBe(expected);
  });

  it("is told by a mention at the very start where its name is not known", () => {
    expect(isMentioned(["@Helper hello"])).toBe(true);
  });

  it("is left open where its name is not known and the mention may stand anywhere", () => {
    expect(isMentioned(["hello @Helper, are you there?"])).toBeUndefined();
  });
});
