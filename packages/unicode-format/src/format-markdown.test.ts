import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatMarkdown } from "./format-markdown.ts";

const plain = (text: string) => formatMarkdown(text, { style: "plain" });

describe("text without Markdown", () => {
  it.each([
    "hello world",
    "今天天气很好，我们去公园。",
    "2 * 3 = 6 and 2*3*4 = 24",
    "snake_case_name and a__b__c",
    "价格100~200元，或300~400元",
    "Dear <your name>, use <source> as input",
    "a < b && c > d",
    "one\ntwo\nthree",
    "AT&T costs $5 @ noon",
    "[not a link] (nor this)",
  ])("%j stays as it is", (text) => {
    expect(formatMarkdown(text)).toBe(text);
  });

  it("keeps words and line breaks whatever they are", () => {
    const word = fc.stringMatching(/^[a-zA-Z\u4e00-\u9fa5]{1,12}$/);
    const line = fc.array(word, { minLength: 1, maxLength: 8 }).map((words) => words.join(" "));
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 6 }), (lines) => {
        expect(formatMarkdown(lines.join("\n"))).toBe(lines.join("\n"));
        expect(formatMarkdown(lines.join("\n\n"))).toBe(lines.join("\n\n"));
      }),
    );
  });
});

describe("letters", () => {
  it.each([
    ["**Bold text**, please", "𝗕𝗼𝗹𝗱 𝘁𝗲𝘅𝘁, please"],
    ["*slanted* and ***both***", "𝘴𝘭𝘢𝘯𝘵𝘦𝘥 and 𝙗𝙤𝙩𝙝"],
    ["press <kbd>Ctrl</kbd>", "press 𝙲𝚝𝚛𝚕"],
    ["~~gone~~ now", "g̶o̶n̶e̶ now"],
    ["<b>Bold</b> and <em>slanted</em>", "𝗕𝗼𝗹𝗱 and 𝘴𝘭𝘢𝘯𝘵𝘦𝘥"],
  ])("of %j change", (markdown, text) => {
    expect(formatMarkdown(markdown)).toBe(text);
  });

  it.each([
    ["**重要：**请先备份", "重要：请先备份"],
    ["**Python**编程", "Python编程"],
    ["用**Python**", "用Python"],
    ["**使用 Python 编程**", "使用 Python 编程"],
    ["**see https://a.com/Path_x_y**", "𝘀𝗲𝗲 https://a.com/Path_x_y"],
    ["**run `npm ci`**", "𝗿𝘂𝗻 `npm ci`"],
    ["**ask @Tom_Lee**", "𝗮𝘀𝗸 @Tom_Lee"],
    ["**call 13800138000, code A1B2**", "𝗰𝗮𝗹𝗹 13800138000, 𝗰𝗼𝗱𝗲 A1B2"],
    ["**edit config.yaml**", "𝗲𝗱𝗶𝘁 config.yaml"],
    ["~~原价~~", "~原价~"],
  ])("of %j stay where they must", (markdown, text) => {
    expect(formatMarkdown(markdown)).toBe(text);
  });

  it("of a long passage stay, as it would be hard to read", () => {
    const passage = "many words ".repeat(15).trim();

    expect(formatMarkdown(`**${passage}**`)).toBe(passage);
  });

  it("never change in the plain style", () => {
    expect(plain("# Head\n**bold** *it* ~~no~~ <kbd>K</kbd>")).toBe("■ Head\nbold it ~no~ K");
  });
});

describe("blocks", () => {
  it("headings stand out, with their text right below", () => {
    expect(plain("intro\n# One\n\ntext\n\nTwo\n---\n#### Four ####")).toBe("intro\n\n■ One\ntext\n\n◆ Two\n▫ Four");
  });

  it("lists nest, count and keep their blank lines", () => {
    const markdown = "- a\n- b\n  - c\n    more\n    - d\n\n1. x\n1. y\n\n   para\n7) z";

    expect(plain(markdown)).toBe("• a\n• b\n  ◦ c\n    more\n    ▪ d\n\n1. x\n2. y\n\n   para\n7) z");
  });

  it("tasks show whether they are done", () => {
    expect(plain("- [x] done\n- [ ] open\n1. [X] first")).toBe("☑ done\n☐ open\n1. ☑ first");
  });

  it("quotes have a bar on every line", () => {
    expect(plain("> a\nlazy\n>\n> - b\n> > c")).toBe("│ a\n│ lazy\n│\n│ • b\n│ │ c");
  });

  it("code blocks stay as they are, at the margin", () => {
    expect(plain("- see:\n  ```js\n  if (*a*) {\n  \tb;\n  }\n  ```\n- next")).toBe(
      "• see:\n```js\nif (*a*) {\n\tb;\n}\n```\n• next",
    );
  });

  it("a code block that never ends is closed", () => {
    expect(plain("~~~\ncode")).toBe("~~~\ncode\n~~~");
  });

  it("code marks can be dropped", () => {
    expect(formatMarkdown("`a`\n```\nb\n```", { code: "bare" })).toBe("a\nb");
  });

  it("a rule is a line", () => {
    expect(plain("a\n\n***\n\nb")).toBe("a\n\n──────────\n\nb");
  });

  it("two columns become keys and values", () => {
    expect(plain("| 名称 | 价格 |\n|---|--:|\n| 苹果 | 5 |\n| 梨 | 3 |")).toBe("名称: 价格\n• 苹果: 5\n• 梨: 3");
  });

  it("more columns become records", () => {
    expect(plain("a|b|c\n-|-|-\n1|2|3\n4||`x\\|y`|extra")).toBe("• a: 1\n  b: 2\n  c: 3\n• a: 4\n  c: `x|y`\n  extra");
  });

  it("a table whose header is too long to repeat has a line per row", () => {
    expect(plain(`a|${"long ".repeat(10)}\n-|-\n1|2`)).toBe(`a | ${"long ".repeat(10).trim()}\n1 | 2`);
  });
});

describe("links and images", () => {
  it.each([
    ['[docs](https://a.com/x_y_z?q=*1* "title")', "docs (https://a.com/x_y_z?q=*1*)"],
    ["[https://a.com](https://a.com/)", "https://a.com"],
    ["[me@a.com](mailto:me@a.com)", "me@a.com"],
    ["<https://a.com/_b_>", "https://a.com/_b_"],
    ["见https://a.com/a_b_c。谢谢", "见https://a.com/a_b_c。谢谢"],
    ["**https://a.com/x**", "https://a.com/x"],
    ["![a cat](https://a.com/c.png)", "a cat (https://a.com/c.png)"],
    ["![](https://a.com/c.png)", "https://a.com/c.png"],
    ["![](data:image/png;base64,AAAA)", "[image]"],
    ["[top](#top)", "top"],
    ["[a][x] and [x]\n\n[x]: https://x.com 'X'", "a (https://x.com) and x (https://x.com)"],
    ['<a href="https://a.com?a=1&amp;b=2">here</a>', "here (https://a.com?a=1&b=2)"],
    ['<img src="https://a.com/i.png" alt="pic">', "pic (https://a.com/i.png)"],
    ["[![alt](https://i.com)](https://l.com)", "alt (https://i.com) (https://l.com)"],
  ])("%j", (markdown, text) => {
    expect(plain(markdown)).toBe(text);
  });
});

describe("HTML, entities and escapes", () => {
  it.each([
    ["a<br>b<br/>c", "a\nb\nc"],
    ["<ul><li>one</li><li>two</li></ul>", "• one\n• two"],
    ["<details><summary>More</summary>\n\ntext\n</details>", "More\n\ntext"],
    ["a <!-- hidden --> b", "a  b"],
    ["<script>\nalert(1)\n</script>\nshown", "shown"],
    ["<pre>\nas  is *x*\n</pre>", "as  is *x*"],
    ["x<sup>2</sup> and H<sub>2</sub>O", "x^2 and H2O"],
    ["<font color='info'>ok</font> <unknown>", "ok <unknown>"],
    ["&lt;b&gt; &amp;amp; &copy; &#x4e2d;&#20013; &nope;", "<b> &amp; © 中中 &nope;"],
    ["\\*not\\* \\[x\\](y) \\`z\\` \\a", "*not* [x](y) `z` \\a"],
  ])("%j", (markdown, text) => {
    expect(plain(markdown)).toBe(text);
  });

  it("unclosed tags end with their block", () => {
    expect(formatMarkdown("<b>bold\n\nplain")).toBe("𝗯𝗼𝗹𝗱\n\nplain");
  });
});

const fragment = fc.constantFrom(
  ..."# |## |- |1. |> |* |**|*|_|__|~~|`|```\n|~~~|[|](|)|![|<|>|<b>|</b>|<br>|&amp;|&|\\||\n|\n\n|    |\t|@|http://a.b/c|: |- [ ] |---|===|\r\n|😀|中文|，|[x]: y\n|\ud83d".split(
    "|",
  ),
  "|",
);
const markdownLike = fc
  .array(fc.oneof(fragment, fc.stringMatching(/^[a-z]{1,6}$/), fc.string({ unit: "binary", maxLength: 4 })), {
    maxLength: 50,
  })
  .map((parts) => parts.join(""));

describe("whatever the text", () => {
  it("formatting never throws", () => {
    fc.assert(
      fc.property(markdownLike, fc.constantFrom("unicode" as const, "plain" as const), (text, style) => {
        expect(typeof formatMarkdown(text, { style })).toBe("string");
      }),
      { numRuns: 1000 },
    );
  });

  it("no word is lost", () => {
    const safe = fc.array(
      fc.oneof(
        fc.constantFrom("# ", "- ", "> ", "**", "*", "_", "~~", "\n", "\n\n", " ", "| ", "1. "),
        fc.stringMatching(/^[a-z]{3,6}$/),
      ),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(safe, (parts) => {
        const letters = (text: string) => text.replace(/[^a-z]/g, "");
        expect(letters(plain(parts.join("")))).toBe(letters(parts.join("")));
      }),
      { numRuns: 500 },
    );
  });

  it("addresses come out as they went in", () => {
    const address = fc
      .tuple(fc.webUrl({ withQueryParameters: true }), fc.constantFrom("", "/_a_*b*_c", "/~x~"))
      .map(([url, tail]) => url.replace(/[^\w/:.~*-]/g, "") + tail)
      .filter((url) => /\w$/.test(url));
    fc.assert(
      fc.property(
        address,
        fc.constantFrom("see @", "**see @**", "- @ *x*", "[x](@)", "# @", "<@>", "读@。"),
        (url, frame) => {
          expect(formatMarkdown(frame.replace("@", () => url))).toContain(url);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("what must be copied or searched stays as it is in bold, italic and struck text", () => {
    const kept = fc.constantFrom("@Tom_Lee", "https://a.com/x_y?q=1", "`npm ci -D`", "config.yaml", "A1B2", "me@a.com");
    const words = fc.array(fc.oneof(kept, fc.stringMatching(/^[a-z]{2,8}$/)), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(words, fc.constantFrom("**", "*", "~~", "***"), (parts, mark) => {
        const text = formatMarkdown(`x ${mark}${parts.join(" ")}${mark} y`);
        for (const part of parts) {
          if (!/^[a-z]+$/.test(part) && (mark !== "~~" || /^[@h`m]/.test(part))) expect(text).toContain(part);
        }
      }),
    );
  });

  it("a span that holds or touches Chinese keeps its letters", () => {
    const word = fc.stringMatching(/^[a-z]{2,8}$/);
    const chinese = fc.stringMatching(/^[\u4e00-\u9fa5]{1,4}$/);
    fc.assert(
      fc.property(word, chinese, fc.constantFrom("**", "*", "***"), (latin, han, mark) => {
        expect(formatMarkdown(`${mark}${han} ${latin}${mark}`)).toBe(`${han} ${latin}`);
        expect(formatMarkdown(`${mark}${latin}${mark}${han}`)).toBe(`${latin}${han}`);
        expect(formatMarkdown(`${han}${mark}${latin}${mark}`)).toBe(`${han}${latin}`);
      }),
    );
  });

  it("the plain style adds no letter of another alphabet", () => {
    fc.assert(
      fc.property(markdownLike, (text) => {
        const letters = (value: string) => value.match(/[\u{1d400}-\u{1d7ff}]|\u0336/gu)?.length ?? 0;
        expect(letters(plain(text))).toBeLessThanOrEqual(letters(text));
      }),
      { numRuns: 500 },
    );
  });

  it("an answer of many pages comes out whole", () => {
    const paragraphs = Array.from(
      { length: 4000 },
      (_, index) => `第${index}段 *not${index}* ${"x".repeat(1 + (index % 90))}`,
    );

    const formatted = formatMarkdown(paragraphs.join("\n\n"));

    expect(formatted).toBe(paragraphs.map((paragraph) => paragraph.replaceAll("*", "")).join("\n\n"));
  });

  it.each([
    ["a code block with blank lines", `\`\`\`\n${"let a = 1;\n\n".repeat(12_000)}\`\`\``],
    ["a code block whose blank lines come late", `~~~\n${"let a = 1;\n".repeat(9_000)}\n\n${"b\n".repeat(50_000)}~~~`],
    ["a paragraph", "one line of it, and another\n".repeat(5_000).trim()],
    ["one line", "字".repeat(150_000)],
    ["a paragraph between others", `a\n\n${"one line of it\n".repeat(9_000)}\nb`],
  ])("what is longer than is read at once stays one: %s", (_name, text) => {
    expect(formatMarkdown(text)).toBe(text);
  });

  it("halves of surrogate pairs stay what they are", () => {
    expect(formatMarkdown("a \ud83d b\n\n- \udc00 `\ud83d`")).toBe("a \ud83d b\n\n• \udc00 `\ud83d`");
  });

  it("formatted text formats to itself", () => {
    const text =
      "■ Head\n𝗯𝗼𝗹𝗱 text (https://a.com/x_y)\n\n• a\n• b\n\n1. x\n2. y\n\n```js\nlet a = *1*;\n```\n\n│ quote";

    expect(formatMarkdown(text)).toBe(text);
  });
});
