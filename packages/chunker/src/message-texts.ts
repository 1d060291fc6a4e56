import { type ChunkOptions, chunkText } from "./chunk-text.ts";

/** Without blank lines before it and white space behind it; its own indentation stays. */
export function trimMessage(text: string): string {
  return text.replace(/^(?:[^\S\n]*\n)+/, "").trimEnd();
}

/** Two texts as one message, a blank line between them. */
export function joinMessages(first: string, second: string): string {
  return `${first.trimEnd()}\n\n${trimMessage(second)}`;
}

/** Texts that follow each other as one, without blank ones; what stands between texts stays where it is. */
export function mergeTexts<Other extends object>(blocks: readonly (string | Other)[]): (string | Other)[] {
  const merged: (string | Other)[] = [];
  for (const block of blocks) {
    const last = merged.at(-1);
    if (typeof block !== "string") merged.push(block);
    else if (block.trim() === "") continue;
    else if (typeof last === "string") merged[merged.length - 1] = joinMessages(last, block);
    else merged.push(trimMessage(block));
  }
  return merged;
}

/**
 * Splits like `chunkText` into texts that are each sent as a message of their own: trimmed, and none of them blank, which
 * platforms refuse.
 *
 * @throws RangeError as `chunkText`.
 */
export function chunkMessages(text: string, options: ChunkOptions): string[] {
  return chunkText(text, options)
    .map(trimMessage)
    .filter((chunk) => chunk !== "");
}
