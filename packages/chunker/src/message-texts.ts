import { type ChunkOptions, chunkText } from "./chunk-text.ts";

/** Without blank lines before it and white space behind it; its own indentation stays. */
export function trimMessage(text: string): string {
  return text.replace(/^(?:[^\S\n]*\n)+/, "").trimEnd();
}

/** Two texts as one message, a blank line between them. */
export function joinMessages(first: string, second: string): string {
  return `${first.trimEnd()}\n\n${trimMessage(second)}`;
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
