import type { HistoryEntry } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { estimateTokens, recentHistory } from "./recent-history.ts";

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

  it("counts a Chinese character as one token and four others as one", () => {
    expect([estimateTokens("你好"), estimateTokens("abcd"), estimateTokens("👋a"), estimateTokens("")]).toEqual([
      2, 1, 2, 0,
    ]);
  });
});
