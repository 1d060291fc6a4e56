import { describe, expect, it } from "vitest";
import { filterMarkdown } from "./markdown.ts";

describe("Markdown in a bot's chat", () => {
  it.each([
    "# one",
    "#### four",
    "####### seven",
    "#####no space",
    "  ##### indented",
    "**bold** __bold__ ~~gone~~",
    "[link](https://example.com)",
    "- item\n1. one\n> quote",
    "| a | b |\n| - | - |",
    "---",
    "***",
    "_ _ _",
    "*en* _en_ ***en*** ___en___",
    "```js\n##### *中* ![a](b)\n```",
    "*unterminated",
    "![a](b",
    "**中文**",
  ])("keeps %j", (text) => {
    expect(filterMarkdown(text)).toBe(text);
  });

  it.each([
    ["##### five", "five"],
    ["###### six", "six"],
    ["*中文*", "中文"],
    ["中_文_字", "中文字"],
    ["***中文***", "中文"],
    ["___한국어___", "한국어"],
    ["see ![alt](https://example.com/a.png) there", "see  there"],
    ["`code *中*`", "`code 中`"],
  ])("makes of %j %j", (text, shown) => {
    expect(filterMarkdown(text)).toBe(shown);
  });

  it.each(["*", "_a", "![", "***a", "![a](", "*a ", "- - ", "```\n"])("takes linear time on many %j", (part) => {
    const startedAt = performance.now();

    filterMarkdown(part.repeat(200_000));

    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});
