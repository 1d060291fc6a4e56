import { estimateTokens, type HistoryEntry } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { recentHistory, rememberedHistory } from "./recent-history.ts";

const entry = (text: string): HistoryEntry => ({ role: "user", at: new Date(0), text });

describe("the history a model is given", () => {
  const history = [entry("a".repeat(400)), entry("b".repeat(40)), entry("c".repeat(40))];

  it("is the newest part that fits, oldest first", () => {
    expect(recentHistory(history, 1_000)).toEqual(history);
    expect(recentHistory(history, 30)).toEqual(history.slice(1));
    expect(recentHistory(history, 14)).toEqual(history.slice(2));
    expect(recentHistory(history, 0)).toEqual([]);
  });

  it("has no hole where a long entry stands in the middle", () => {
    const long = [entry("a"), entry("b".repeat(4_000)), entry("c")];

    expect(recentHistory(long, 100)).toEqual(long.slice(2));
  });

  it("begins with what was summarised of it, which counts too", () => {
    const told = rememberedHistory({ summary: "They like tea.", history }, 45);

    expect(told[0]).toMatchObject({ role: "user", text: expect.stringContaining("They like tea.") });
    expect(told.slice(1)).toEqual(history.slice(2));
    expect(rememberedHistory({ summary: "They like tea.", history }, 0)).toEqual([]);
  });

  it("counts a Chinese character as one token and four others as one", () => {
    expect([estimateTokens("你好"), estimateTokens("abcd"), estimateTokens("👋a"), estimateTokens("")]).toEqual([
      2, 1, 2, 0,
    ]);
  });
});
