import { describe, expect, it } from "vitest";
import { asksToContinue, parseCommand } from "./commands.ts";

describe("a command", () => {
  it.each([
    ["/help", "help"],
    ["/STOP", "stop"],
    ["  /status ", "status"],
    ["/session new", "new"],
    ["/reset", "new"],
    ["/停止", "stop"],
    ["／帮助", "help"],
    ["/转人工", "human"],
    ["/agent ops", "agent"],
    ["/智能体", "agent"],
    ["/skill", "skill"],
    ["/技能 wecom-todo", "skill"],
  ])("is %j", (text, name) => {
    expect(parseCommand(text)?.name).toBe(name);
  });

  it.each(["stop", "/stopwatch", "/etc/passwd", "please /stop", "/", "", "/session old", "/skill todo buy milk"])(
    "is not %j",
    (text) => {
      expect(parseCommand(text)).toBeUndefined();
    },
  );

  it("keeps what is said behind it", () => {
    expect(parseCommand("/human  about my order")).toEqual({ name: "human", argument: "about my order" });
  });
});

describe("words of the operator's", () => {
  const price = { content: [{ kind: "text", text: "100" }] } as const;
  const hours = { content: [{ kind: "text", text: "9–17" }] } as const;
  const words = { custom: { "/price": price, 营业时间: hours, "/new": price }, handoffKeywords: ["人工", "Human"] };

  it.each([
    ["/price", price],
    ["／Price ", price],
    ["/price of a table", price],
    ["营业时间？", hours],
    ["/new", price],
  ])("make a command of %j", (text, custom) => {
    expect(parseCommand(text, words)).toEqual({ name: "custom", custom });
  });

  it.each(["人工", " human! ", "人工。"])("make %j a call for a human", (text) => {
    expect(parseCommand(text, words)).toEqual({ name: "human", argument: "", byKeyword: true });
  });

  it.each(["/prices", "price", "营业时间是几点", "人工智能", "constructor", "/constructor", "/__proto__"])(
    "leave %j to the agent",
    (text) => {
      expect(parseCommand(text, words)).toBeUndefined();
    },
  );
});

describe("asking for the rest", () => {
  it.each(["继续", "继续。", "continue", "Continue."])("is %j", (text) => {
    expect(asksToContinue(text)).toBe(true);
  });

  it("is the bare word alone", () => {
    expect(asksToContinue("继续讲第二章")).toBe(false);
  });
});
