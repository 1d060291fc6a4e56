/**
 * Cuts text into the JSON objects and lists that stand in it one behind the other, with or without white space between,
 * split anywhere. Looks at every character once.
 */
export interface JsonCutter {
  /** The documents that `text` completed. */
  feed(text: string): readonly string[];
  /** What has begun and not ended; empty when nothing did. */
  rest(): string;
}

/** @param longest characters of one document; `tooLong` is thrown behind it. */
export function createJsonCutter(longest: number, tooLong: () => Error): JsonCutter {
  let pieces: string[] = [];
  let held = 0;
  let depth = 0;
  let inString = false;
  let escaped = false;

  function keep(piece: string): void {
    if (piece === "") return;
    held += piece.length;
    if (held > longest) throw tooLong();
    pieces.push(piece);
  }
  function take(): string {
    const document = pieces.join("");
    pieces = [];
    held = 0;
    return document;
  }
  /** Is the document over behind this character? */
  function over(character: string): boolean {
    if (inString) {
      if (escaped) escaped = false;
      else if (character === "\\") escaped = true;
      else if (character === '"') inString = false;
      return false;
    }
    if (character === '"') inString = true;
    else if (character === "{" || character === "[") depth += 1;
    else if (character === "}" || character === "]") {
      depth -= 1;
      return depth <= 0;
    }
    return false;
  }

  return {
    feed(text) {
      const documents: string[] = [];
      let from = 0;
      for (let at = 0; at < text.length; at += 1) {
        if (!over(text.charAt(at))) continue;
        keep(text.slice(from, at + 1));
        documents.push(take().trim());
        from = at + 1;
        depth = 0;
      }
      keep(text.slice(from));
      return documents;
    },
    rest: () => pieces.join("").trim(),
  };
}
