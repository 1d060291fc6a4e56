import { utf8Length } from "@wxgate/chunker";

/** Of a bubble's bytes; the rest is for the answer. */
const SHARE = 4;
const FOLD_BYTES = utf8Length("<think>\n…\n</think>\n\n");
const TAG = /<\/?think(?:ing)?>/gi;

/**
 * Puts what a model thought before its answer, the way the client folds it away: open while there is no answer yet. Of long
 * thoughts the end is kept, which is what somebody who waits wants to see; none where the answer needs the room.
 *
 * @param maxBytes of the whole bubble, UTF-8
 */
export function withThought(thought: string, text: string, maxBytes: number): string {
  const room = Math.min(Math.floor(maxBytes / SHARE), maxBytes - utf8Length(text) - FOLD_BYTES);
  const words = endOf(thought.replace(TAG, "").trim(), room);
  if (words === "") return text;
  // Tags on lines of their own: behind a backtick a client would not take one for a tag.
  return text.trim() === "" ? `<think>\n${words}` : `<think>\n${words}\n</think>\n\n${text}`;
}

function endOf(text: string, maxBytes: number): string {
  if (maxBytes <= 0 || utf8Length(text) <= maxBytes) return maxBytes <= 0 ? "" : text;
  const kept: string[] = [];
  let left = maxBytes;
  const newestFirst = [...new Intl.Segmenter().segment(text.slice(-maxBytes))].reverse();
  for (const { segment } of newestFirst) {
    left -= utf8Length(segment);
    if (left < 0) break;
    kept.push(segment);
  }
  return kept.length === 0 ? "" : `…${kept.reverse().join("")}`;
}
