/** Role, separators and the like, in every model's format. */
export const TOKENS_PER_ENTRY = 4;

/** Near enough for every tokenizer, and rather too many: one for a Chinese character, one for four others. */
export function estimateTokens(text: string): number {
  let quarters = 0;
  for (const character of text) quarters += (character.codePointAt(0) ?? 0) >= 0x2e80 ? 4 : 1;
  return Math.ceil(quarters / 4);
}
