import { utf8Length } from "@wxgate/chunker";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { finalContent, growingContent, hasVisibleWords, streamIdOf, withoutThinking } from "./index.ts";

const LOOK = { placeholder: "…thinking", nothing: "(nothing)", showThinking: false };

describe("a growing answer", () => {
  it("shows the placeholder until there are words", () => {
    expect(growingContent("", LOOK)).toBe("…thinking");
    expect(growingContent("<think>let me see", LOOK)).toBe("…thinking");
    expect(growingContent("Hello", LOOK)).toBe("Hello");
  });

  it("shows its head while it is longer than one frame takes, whole characters only", () => {
    const shown = growingContent("汉".repeat(10_000), LOOK);

    expect(utf8Length(shown)).toBeLessThanOrEqual(20_480);
    expect(shown).toBe("汉".repeat(shown.length));
    expect(shown.length).toBeGreaterThan(6_000);
  });

  it("shows the same head however much follows it", () => {
    const beginning = `\n\n${"一行文字 with words.\n".repeat(40)}\`\`\`ts\n${"let a = 1;\n".repeat(400)}`;
    const look = { ...LOOK, maxBytes: 2048 };

    const shown = growingContent(beginning, look);

    expect(shown.endsWith("\n```")).toBe(true);
    expect(growingContent(`${beginning}\`\`\`\n${"and more 😀\n".repeat(5_000)}`, look)).toBe(shown);
  });

  it("shows thinking only where that is wanted", () => {
    const text = "<think>secret plan</think>The answer";

    expect(growingContent(text, LOOK)).toBe("The answer");
    expect(growingContent(text, { ...LOOK, showThinking: true })).toBe(text);
  });
});

describe("a finished answer", () => {
  it.each(["", " \n ", "\u200b\ufeff", "<think>only thought</think>", "<think>never closed"])(
    "always has words to see: %j",
    (text) => {
      expect(finalContent(text, LOOK)).toBe("(nothing)");
      expect(hasVisibleWords(text)).toBe(false);
    },
  );

  it("keeps every other text as it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 200 }), (text) => {
        fc.pre(hasVisibleWords(text) && !/[<~`]/.test(text));
        expect(finalContent(text, LOOK)).toBe(text);
      }),
    );
  });
});

describe("a model's thinking", () => {
  it.each([
    ["<think>a</think>b", "b"],
    ["x<THINK>a</Think>b", "xb"],
    ["<thinking>a\nb</thinking>\n\nc", "\n\nc"],
    ["a</think>b", "b"],
    ["one<think>1</think>two<think>2</think>three", "onetwothree"],
    ["use `<think>` in the prompt", "use `<think>` in the prompt"],
    ["```\n<think>code</think>\n```\ntext", "```\n<think>code</think>\n```\ntext"],
  ])("is taken out of %j", (text, left) => {
    expect(withoutThinking(text)).toBe(left);
  });

  it("does not show half a tag while it is written", () => {
    expect(withoutThinking("Hello <thi", true)).toBe("Hello ");
    expect(withoutThinking("1 < 2", true)).toBe("1 < 2");
  });

  it.each(["a <b> c", "```\nno tag\n```\n", "thinking about it", "<thinker>", ""])("is not seen in %j", (text) => {
    expect(withoutThinking(text)).toBe(text);
    expect(withoutThinking(text, true)).toBe(text);
  });

  it("is taken out in linear time", () => {
    const text = "<think>".repeat(50_000) + "`".repeat(50_000);
    // The processor's time: that of the clock also counts what other processes of a busy machine take.
    const started = process.cpuUsage();

    withoutThinking(text, true);

    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1000).toBeLessThan(500);
  });
});

describe("a stream's id", () => {
  it("follows from the message it answers", () => {
    expect(streamIdOf("m-1")).toBe(streamIdOf("m-1"));
    expect(streamIdOf("m-1")).not.toBe(streamIdOf("m-2"));
    expect(streamIdOf("m-1", 1)).not.toBe(streamIdOf("m-1"));
    expect(streamIdOf("m-1", 12)).toMatch(/^[0-9A-Za-z_-]{1,64}$/);
  });
});

describe("the end of a bubble", () => {
  it("ends with what the model thought above it, only where thoughts are shown", () => {
    const look = { placeholder: "…", nothing: "(nothing)", showThinking: true };

    expect(finalContent("yes", look, "hm")).toBe("<think>\nhm\n</think>\n\nyes");
    expect(finalContent("", look, "hm")).toBe("<think>\nhm\n</think>\n\n(nothing)");
    expect(finalContent("yes", { ...look, showThinking: false }, "hm")).toBe("yes");
  });
});
