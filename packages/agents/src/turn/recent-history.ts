import type { HistoryEntry } from "@wxgate/core";

/** Role, separators and the like, in every model's format. */
const TOKENS_PER_ENTRY = 4;

/** The newest entries that fit into about `tokens`, oldest first. What was said last is worth more than what began it. */
export function recentHistory(history: readonly HistoryEntry[], tokens: number): readonly HistoryEntry[] {
  let left = tokens;
  let from = history.length;
  while (from > 0) {
    left -= TOKENS_PER_ENTRY + estimateTokens(history[from - 1]?.text ?? "");
    if (left < 0) break;
    from -= 1;
  }
  return history.slice(from);
}

/** Near enough for every tokenizer, and rather too many: one for a Chinese character, one for four others. */
export function estimateTokens(text: string): number {
  let quarters = 0;
  for (const character of text) quarters += (character.codePointAt(0) ?? 0) >= 0x2e80 ? 4 : 1;
  return Math.ceil(quarters / 4);
}
