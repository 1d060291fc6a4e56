import { estimateTokens, type HistoryEntry, TOKENS_PER_ENTRY, type Turn } from "@wxgate/core";

/** Where a machine's words stand among a person's, it says so: they are no instruction of anybody. */
const SUMMARY_HEAD = "[What was said earlier in this conversation, in short:]";

/** What a model without memory is told of the session: its beginning in short, if somebody wrote that down, and its end. */
export function rememberedHistory(
  { summary, history }: Pick<Turn, "summary" | "history">,
  tokens: number,
): readonly HistoryEntry[] {
  if (summary === undefined || tokens === 0) return recentHistory(history, tokens);
  const text = `${SUMMARY_HEAD}\n${summary}`;
  const beginning: HistoryEntry = { role: "user", at: history[0]?.at ?? new Date(0), text };
  return [beginning, ...recentHistory(history, Math.max(0, tokens - estimateTokens(text)))];
}

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
