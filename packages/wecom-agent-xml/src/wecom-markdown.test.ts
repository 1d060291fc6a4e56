import { describe, expect, it } from "vitest";
import { toWecomMarkdown } from "./wecom-markdown.ts";

describe("Markdown as WeCom shows it", () => {
  it.each([
    ["# Title\n\ntext", "# Title\n\ntext"],
    ["some **bold** and *soft* words", "some **bold** and soft words"],
    ["[site](https://a.test/x)", "[site](https://a.test/x)"],
    ["![picture](https://a.test/p.png)", "[picture](https://a.test/p.png)"],
    ["> said\n> twice", "> said\n> twice"],
    ["- one\n- two\n  - three", "• one\n• two\n  • three"],
    ["3. one\n4. two", "3. one\n4. two"],
    ["- [x] done\n- [ ] open", "☑ done\n☐ open"],
    ["| a | b |\n|---|---|\n| 1 | 2 |", "a | b\n1 | 2"],
    ["```ts\nconst a = 1;\n\nconst b = 2;\n```", "const a = 1;\n\nconst b = 2;"],
    ["use `code`", "use `code`"],
    ['<font color="warning">red</font>', '<font color="warning">red</font>'],
    ["first line\nsecond line", "first line\nsecond line"],
    ["@zhangsan 你好", "@zhangsan 你好"],
  ])("%j becomes %j", (markdown, shown) => {
    expect(toWecomMarkdown(markdown)).toBe(shown);
  });

  it("takes linear time on hostile input", () => {
    const started = performance.now();

    toWecomMarkdown("[".repeat(100_000) + "_a".repeat(50_000) + "> ".repeat(20_000));

    expect(performance.now() - started).toBeLessThan(3_000);
  });
});
