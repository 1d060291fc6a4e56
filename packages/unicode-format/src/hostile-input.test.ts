import { describe, expect, it } from "vitest";
import { formatMarkdown } from "./format-markdown.ts";

const SIZE = 65_536;

const REPEATED = [
  ..."[ ] ![ ![a]( [a]( [a](b) [a][ []( * ` _a a* *_ *a*b ***a < <a <!-- <x: | ~~ ~a~ & &amp; \\ > - # = @ www. http:// a@".split(
    " ",
  ),
  "*a ",
  "**a ",
  "> ",
  "- ",
  "1. ",
  "```\n",
  "- a\n",
  "- a\n\n",
  "> a\n\n",
  "a\n=\n",
  "a|b\n-|-\n",
  "|a|\n|-|\n",
  "[a]: b\n",
  "[a]: b\n\n[a] ",
  '[a](b "',
  "[a](<b",
  '<a b="',
  "<b>",
  "`a``",
  "中*a",
  "**中：**文",
  "\n",
  " ",
  "\t",
  "    a\n",
  "\ud83d",
  "[![a](*_`<|~~&[a][> - 1. @http://www.\n",
];

const BUILT: readonly (readonly [string, (size: number) => string])[] = [
  ["deep quotes with lazy lines", (size) => `${"> ".repeat(size / 4)}\n${"a\n".repeat(size / 4)}`],
  ["deep lists with blank lines", (size) => `${"- ".repeat(size / 8)}a\n${"\n".repeat(size / 2)}b`],
  ["openers before links", (size) => "[".repeat(size / 2) + "[a](b)".repeat(size / 12)],
  ["nested images", (size) => "![".repeat(size / 4) + "](b)".repeat(size / 8)],
  ["nested brackets with a definition", (size) => `[a]: b\n\n${"[".repeat(size / 2)}a${"]".repeat(size / 2)}`],
  ["nested strong", (size) => "**a ".repeat(size / 8) + " a**".repeat(size / 8)],
  ["one long attribute", (size) => `<a ${"a".repeat(size)}>`],
  [
    "a table as wide as long",
    (size) => `${"|a".repeat(size / 8)}\n${"|-".repeat(size / 8)}\n${"a\n".repeat(size / 4)}`,
  ],
  [
    "backtick runs of all lengths",
    (size) => Array.from({ length: Math.sqrt(size) }, (_, length) => `${"`".repeat(length)}a`).join(""),
  ],
];

const INPUTS = [
  ...REPEATED.map(
    (unit) => [JSON.stringify(unit), (size: number) => unit.repeat(Math.ceil(size / unit.length))] as const,
  ),
  ...BUILT,
];

/** The processor's time: that of the clock also counts what other processes of a busy machine take. */
function elapsedMs(text: string): number {
  const started = process.cpuUsage();
  formatMarkdown(text);
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}

/** Best times of both lengths; measures again while a busy machine makes linear work look worse. */
function isLinear(short: string, long: string): boolean {
  let shortMs = Number.POSITIVE_INFINITY;
  let longMs = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 12; run++) {
    shortMs = Math.min(shortMs, elapsedMs(short));
    longMs = Math.min(longMs, elapsedMs(long));
    // Four times the text; quadratic work takes sixteen times as long, and seconds where it matters.
    if (run > 0 && longMs < 8 * shortMs + 20) return true;
  }
  return false;
}

describe("hostile input", () => {
  it.each(INPUTS)("takes time linear in its length: 64 KB of %s", (_name, make) => {
    expect(isLinear(make(SIZE / 4), make(SIZE))).toBe(true);
  });

  it.each(INPUTS)("gives an output in proportion: 64 KB of %s", (_name, make) => {
    expect(formatMarkdown(make(SIZE)).length).toBeLessThan(32 * SIZE);
  });

  it.each(["> ", "- ", "1. ", "* > "])("nests 3,000 deep without a stack overflow: %j", (marker) => {
    expect(formatMarkdown(`${marker.repeat(3000)}the end`)).toContain("the end");
  });
});
