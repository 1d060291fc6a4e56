import { marked, type Token, type Tokens } from "marked";
import { describe, expect, it } from "vitest";
import type { MarkdownEvent } from "./events.ts";
import { readMarkdown } from "./read-markdown.ts";

/** The structure as one line: `p(text strong(text))`. */
function outline(text: string): string {
  let line = "";
  readMarkdown(text, (event: MarkdownEvent) => {
    if (event.type === "enter") line += event.node.kind === "heading" ? `h${event.node.level}(` : `${event.node.kind}(`;
    else if (event.type === "leave") line += ")";
    else if (event.type === "text") line += event.text;
    else if (event.type === "code") line += `code{${event.text}}`;
    else if (event.type === "code-block") line += `code-block{${event.info}|${event.text}}`;
    else if (event.type === "autolink") line += `link(${event.text})`;
    else if (event.type === "break") line += event.hard ? "⏎" : "\n";
    else if (event.type === "rule") line += "rule";
    else if (event.type === "mention") line += event.text;
    else line += `<${event.closing ? "/" : ""}${event.name}>`;
  });
  return line;
}

function decode(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}

function oracleRow(cells: readonly Tokens.TableCell[]): string {
  return `row(${cells.map((cell) => `cell(${cell.tokens.map(oracleToken).join("")})`).join("")})`;
}

function oracleToken(token: Token): string {
  const inner = () => (token as { tokens?: Token[] }).tokens?.map(oracleToken).join("") ?? "";
  switch (token.type) {
    case "space":
    case "def":
    case "checkbox":
      return "";
    case "heading":
      return `h${token.depth}(${inner()})`;
    case "em":
      return `emphasis(${inner()})`;
    case "del":
      return `strikethrough(${inner()})`;
    case "blockquote":
      return `quote(${inner()})`;
    case "hr":
      return "rule";
    case "br":
      return "⏎";
    case "code":
      return `code-block{${token.lang ?? ""}|${token.text.trimEnd()}}`;
    case "codespan":
      return `code{${token.text}}`;
    case "image":
      return `image(${token.text})`;
    case "list":
      return `list(${(token as Tokens.List).items.map((item) => `item(${item.tokens.map(oracleToken).join("")})`).join("")})`;
    case "table": {
      const { header, rows } = token as Tokens.Table;
      return `table(${oracleRow(header)}${rows.map(oracleRow).join("")})`;
    }
    case "text":
      // A tight item's text is no paragraph to the oracle.
      return "tokens" in token && token.tokens ? `paragraph(${inner()})` : decode(token.text);
    case "escape":
      return token.text;
    default:
      return `${token.type}(${inner()})`;
  }
}

const oracle = (text: string) => marked.lexer(text).map(oracleToken).join("");

describe("on ordinary Markdown the reader sees what marked sees", () => {
  it.each([
    "# Title\n\nA *paragraph* with **bold**, ***both***, ~~struck~~ and `code`.\nSecond line.",
    "Setext\n======\n\nother\n---\n\n***\n\ntext",
    "- a\n- b\n  - c\n    - d\n- e\n\n  second paragraph\n\n      code in it\n",
    "1. one\n2. two\n   - nested\n   - list\n\n   para\n3. three",
    "* a\n+ b\n- c\n\n1. x\n1) y",
    "> quote\n> **more**\n>\n> - list\n>\n> > nested\n\nafter",
    "> lazy\ncontinuation\n\n- lazy\ntoo",
    "```js\nconst a = `b`;\n\n  indented\n```\n\n~~~\nplain\n~~~\n\n    indented code\n\n    more\n",
    "| a | b |\n|---|:-:|\n| 1 | **2** |\n| `x\\|y` | 4 |\n\nafter",
    '[text](https://a.com "title") and ![alt](b.png) and <https://c.com/x>',
    "[full][ref], [collapsed][], [ref] and [missing][nope]\n\n[ref]: https://a.com\n[collapsed]: <https://b.com> 'b'",
    "[**bold** link](x) and [not a link] and [a](b(c)d) and [](empty)",
    "hard  \nbreak\\\nhere\nsoft",
    "\\*escaped\\* \\# and \\\\ and \\a",
    "``a ` b`` and ` `` ` and `` ` `` and unclosed `",
    "a*b*c and snake_case_name and *a **b** c* and **a *b* c**",
    "**bold*not* and *a*b*c* and __strong__ and _em_ ***a** b*",
    "visit https://example.com/a_b_c?x=1. Or www.example.com, me@example.com",
    "- [ ] open\n- [x] done",
    "para\n# heading\npara\n- list\n\npara\n> quote",
    "para\n14. not a list\n\n1. a list",
    "- a\n\n\n- b\n\n\n\ntext",
    "#not a heading\n####### nor this\n## closed ##\n#",
    "第一段，包含 **加粗** 和 `代码`。\n\n1. 步骤一\n2. 步骤二",
  ])("%j", (text) => {
    const normal = (outlined: string) => outlined.replaceAll("⏎", "\n");

    expect(normal(outline(text))).toBe(normal(oracle(text)));
  });
});

describe("where the reader leaves CommonMark for the sake of chat", () => {
  it.each([
    ["**注意：**请看", "paragraph(strong(注意：)请看)"],
    ["请看**“这里”**的说明", "paragraph(请看strong(“这里”)的说明)"],
    ["2*3*4", "paragraph(2*3*4)"],
    ["<name> or <em>it</em>", "paragraph(<name> or <em>it</em>)"],
    ["hi @tom_x_y!", "paragraph(hi @tom_x_y!)"],
    ["3~5天，6~8天", "paragraph(3~5天，6~8天)"],
  ])("%j", (text, structure) => {
    expect(outline(text)).toBe(structure);
  });
});

describe("events", () => {
  it("are balanced, and leave with the node they entered with", () => {
    const open: unknown[] = [];

    readMarkdown("> - **a *b** c*\n>   | x | y |\n>   |---|---|\n>   | ![i](j) | [k](l) |\n\n# [m](n", (event) => {
      if (event.type === "enter") open.push(event.node);
      if (event.type === "leave") expect(open.pop()).toBe(event.node);
    });

    expect(open).toEqual([]);
  });

  it("report no empty text before an address that starts a line", () => {
    const texts: string[] = [];
    readMarkdown("look at\nwww.example.com\nand at\nhttps://example.com", (event) => {
      if (event.type === "text") texts.push(event.text);
    });
    expect(texts).toEqual(["look at", "and at"]);
  });

  it("number ordered items as written and mark tasks", () => {
    const items: unknown[] = [];

    readMarkdown("3. a\n4. [x] b", (event) => {
      if (event.type === "enter" && event.node.kind === "item") items.push(event.node);
    });

    expect(items).toMatchObject([{ number: 3 }, { number: 4, checked: true }]);
  });
});
