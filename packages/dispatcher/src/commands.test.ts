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
  ])("is %j", (text, name) => {
    expect(parseCommand(text)?.name).toBe(name);
  });

  it.each(["stop", "/stopwatch", "/etc/passwd", "please /stop", "/", "", "/session old"])("is not %j", (text) => {
    expect(parseCommand(text)).toBeUndefined();
  });

  it("keeps what is said behind it", () => {
    expect(parseCommand("/human  about my order")).toEqual({ name: "human", argument: "about my order" });
  });
});

describe("asking for the rest", () => {
  it.each(["继续", "继续。", "continue", "Continue."])("is %j", (text) => {
    expect(asksToContinue(text)).toBe(true);
  });

  it("is the bare word alone", () => {
    expect(asksToContinue("继续讲第二章")).toBe(false);
  });
});
