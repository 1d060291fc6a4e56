import { utf8Length } from "@wxgate/chunker";
import { describe, expect, it } from "vitest";
import { hasVisibleWords, withoutThinking } from "./thinking.ts";
import { withThought as withThoughtIn } from "./thought.ts";

describe("what a model thought", () => {
  const withThought = (thought: string, text: string) => withThoughtIn(thought, text, 20_480);

  it("stands before the answer, folded", () => {
    expect(withThought("It is noon.", "Lunch?")).toBe("<think>\nIt is noon.\n</think>\n\nLunch?");
  });

  it("is open while there is no answer", () => {
    expect(withThought("It is", "")).toBe("<think>\nIt is");
  });

  it("leaves an answer without thoughts as it is", () => {
    expect(withThought(" \n", "Lunch?")).toBe("Lunch?");
  });

  it.each(["a </think> b", "in code: `", "```\nfenced", "<thinking>"])(
    "can neither end nor open the fold: %s",
    (thought) => {
      const shown = withThought(thought, "Lunch?");

      expect(withoutThinking(shown).trim()).toBe("Lunch?");
      expect(hasVisibleWords(withThought(thought, ""))).toBe(false);
    },
  );

  it("leaves most of a bubble to the answer, and keeps its end", () => {
    const shown = withThoughtIn(`${"想".repeat(500)}👩‍👩‍👧‍👦!`, "", 400);

    expect(utf8Length(shown)).toBeLessThanOrEqual(100 + utf8Length("<think>\n…"));
    expect(shown).toMatch(/^<think>\n…想+👩‍👩‍👧‍👦!$/u);
  });

  it("makes room for a long answer", () => {
    const text = "a".repeat(350);

    expect(utf8Length(withThoughtIn("想".repeat(500), text, 400))).toBeLessThanOrEqual(400);
    expect(withThoughtIn("hm", "a".repeat(390), 400)).toBe("a".repeat(390));
  });
});
