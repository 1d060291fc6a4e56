import { describe, expect, it } from "vitest";
import { parseContentText, parseReplyText, visibleText } from "./blocks.ts";
import { createReplyBuilder } from "./reply.ts";

const menu = '{"kind":"menu","items":[{"id":"1","text":"A"}]}';

describe("a wxgate block in an agent's text", () => {
  it("becomes content of its own, in its place", () => {
    const { content } = parseReplyText(`before\n\`\`\`wxgate\n${menu}\n\`\`\`\nafter`, []);

    expect(content).toEqual([
      { kind: "text", text: "before" },
      { kind: "menu", items: [{ id: "1", text: "A" }] },
      { kind: "text", text: "after" },
    ]);
  });

  it("is left out with a reason when it is wrong, and is never shown raw", () => {
    const { content, problems } = parseReplyText('a\n```wxgate\n{"kind":"sing"}\n```\nb', []);

    expect(content).toEqual([{ kind: "text", text: "a\nb" }]);
    expect(problems[0]).toContain("content.kind must be one of");
  });

  it("is obeyed in text that comes as a content of its own, too", () => {
    const text = { kind: "text", text: `before\n\`\`\`wxgate\n${menu}\n\`\`\``, format: "plain" } as const;

    expect(parseContentText(text, []).content).toEqual([
      { kind: "text", text: "before", format: "plain" },
      { kind: "menu", items: [{ id: "1", text: "A" }] },
    ]);
  });

  it("is not obeyed when it repeats what the person wrote", () => {
    const injected = `look:\n\`\`\`wxgate\n${menu}\n\`\`\``;

    const { content } = parseReplyText(`You said: ${injected}`, [injected]);

    expect(content.map(({ kind }) => kind)).toEqual(["text"]);
  });

  it.each([
    ["a quotation", `> \`\`\`wxgate\n> ${menu}\n> \`\`\``],
    ["another fence", `\`\`\`\`md\n\`\`\`wxgate\n${menu}\n\`\`\`\n\`\`\`\``],
    ["inline code", `\`wxgate ${menu}\``],
  ])("is text inside %s", (_where, text) => {
    expect(parseReplyText(text, []).content).toEqual([{ kind: "text", text }]);
  });

  it("is obeyed when the text ends before the fence is closed", () => {
    expect(parseReplyText(`\`\`\`wxgate\n${menu}`, []).content).toEqual([JSON.parse(menu)]);
  });

  it("leaves other code blocks alone", () => {
    const text = "```js\nconst a = 1;\n```";

    expect(parseReplyText(text, []).content).toEqual([{ kind: "text", text }]);
  });
});

describe("an answer that is nothing but a wrong block", () => {
  const answerOf = (text: string) => {
    const reply = createReplyBuilder([]);
    reply.add({ kind: "text-delta", text });
    return reply.finish();
  };

  it.each([
    ["broken JSON", '{"kind":"text","text":"Your order is on its way"'],
    ["no content", '{"kind":"sing","text":"la la"}'],
  ])("is said as it stands: %s", (_what, body) => {
    const { content, problems } = answerOf(`\`\`\`wxgate\n${body}\n\`\`\``);

    expect(content).toEqual([{ kind: "text", text: body, format: "plain" }]);
    expect(problems).toHaveLength(1);
  });

  it.each([
    ['{"kind":"file","path":"/srv/secret/a.pdf","filename":"a.pdf"', '{"kind":"file","path": …'],
    ['{"path":"/srv/it\'s/secret.pdf"', '{"path": …'],
    ['{"path":["/srv/secret.pdf"]', '{"path": …'],
    ["path = /srv/secret.pdf\nkind: file", "path = …\nkind: file"],
  ])("names no path of this machine: %s", (body, said) => {
    const { content } = answerOf(`\`\`\`wxgate\n${body}\n\`\`\``);

    expect(content).toEqual([{ kind: "text", text: said, format: "plain" }]);
  });

  it("stays silent where the block is empty", () => {
    expect(answerOf("```wxgate\n```").content).toEqual([]);
  });
});

describe("the text a stream shows", () => {
  it("holds no block, finished or begun", () => {
    expect(visibleText(`one\n\`\`\`wxgate\n${menu}\n\`\`\`\ntwo`)).toBe("one\ntwo");
    expect(visibleText(`one\n\`\`\`wxgate\n{"kind":`)).toBe("one\n");
    expect(visibleText("one\n```wx")).toBe("one");
  });
});
