/** A code fence at the start of a line, or a tag; a tag behind a backtick is quoted, not meant. */
const TOKEN = /(?:^|\n)[ \t]{0,3}(?:`{3,}|~{3,})|`?<(\/?)think(?:ing)?>/gi;
const TAG = /<\/?think(?:ing)?>/i;
const LONGEST_TAG = "</thinking>".length;
const CUT_TAG = /<\/?(?:t(?:h(?:i(?:n(?:k(?:i(?:n(?:g)?)?)?)?)?)?)?)?$/i;

/**
 * Takes a model's `<think>…</think>` out of an answer; what stands in code stays. Linear.
 *
 * @param unfinished more text is still to come: half a tag at the end is held back
 */
export function withoutThinking(text: string, unfinished = false): string {
  // Hardly any answer holds a tag, and one that grows is asked about in full with each of its frames.
  if (!TAG.test(text) && !(unfinished && CUT_TAG.test(text.slice(-LONGEST_TAG)))) return text;
  let kept = "";
  let from = 0;
  let isCode = false;
  let depth = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [token, slash] = match;
    const isTag = slash !== undefined;
    if (!isTag) {
      if (depth === 0) isCode = !isCode;
      continue;
    }
    if (isCode || token.startsWith("`")) continue;
    if (slash === "") {
      if (depth === 0) kept += text.slice(from, match.index);
      depth = 1;
    } else if (depth > 0) {
      depth = 0;
      from = match.index + token.length;
    } else {
      // Some models leave out the tag that opens: all before the one that closes was thought.
      kept = "";
      from = match.index + token.length;
    }
  }
  if (depth === 0) kept += text.slice(from);
  return unfinished && !isCode ? withoutCutTag(kept) : kept;
}

function withoutCutTag(text: string): string {
  const tail = text.slice(-LONGEST_TAG);
  const cut = CUT_TAG.exec(tail)?.[0];
  return cut === undefined ? text : text.slice(0, text.length - cut.length);
}

/** White space, and what a phone shows nothing for: zero-width characters, joiners, a byte order mark. */
const INVISIBLE = /\s|\p{Default_Ignorable_Code_Point}/gu;

/** Whether a bubble with this content shows anything beside folded thinking. A final frame without leaves it spinning. */
export function hasVisibleWords(content: string): boolean {
  return withoutThinking(content).replace(INVISIBLE, "") !== "";
}
