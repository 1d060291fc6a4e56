import { createHash } from "node:crypto";
import { chunkMessages, trimMessage, utf8Length } from "@wxgate/chunker";
import { CONTENT_BYTES } from "./limits.ts";
import { hasVisibleWords, withoutThinking } from "./thinking.ts";
import { withThought } from "./thought.ts";

/** How an answer looks while it grows, and in the end; the same on both transports. */
export interface StreamLook {
  /** Shown until there are words. */
  readonly placeholder: string;
  /** The words of an answer that has none. */
  readonly nothing: string;
  /** Whether people see the model's `<think>…</think>`. */
  readonly showThinking: boolean;
  /** Bytes of UTF-8; the platform takes 20,480. */
  readonly maxBytes?: number;
}

/**
 * The id of the bubble that answers a message: the same for the same message, on every attempt and gateway.
 *
 * @param part 0: the first; each hand-over to a fresh bubble counts on
 */
export function streamIdOf(messageId: string, part = 0): string {
  const digest = createHash("sha256").update(messageId).digest("base64url").slice(0, 27);
  return part === 0 ? `s_${digest}` : `s_${digest}_${part}`;
}

/** A frame that is not the last: the whole text so far, its head when it is too long, or the placeholder. */
export function growingContent(textSoFar: string, look: StreamLook): string {
  const text = look.showThinking ? textSoFar : withoutThinking(textSoFar, true);
  if (text.trim() === "") return look.placeholder;
  return headOf(text, look);
}

/**
 * The last frame: always with words a person can see, or the bubble would spin for ever.
 *
 * @param thought what the model thought before them
 */
export function finalContent(text: string, look: StreamLook, thought = ""): string {
  const shown = look.showThinking ? text : withoutThinking(text);
  const words = hasVisibleWords(shown) ? headOf(shown, look) : look.nothing;
  return look.showThinking ? withThought(thought, words, look.maxBytes ?? CONTENT_BYTES) : words;
}

/** How much of what follows a cut, in UTF-16 units, may tell where it is best: a fence's line, a word, an emoji family. */
const BEHIND_CUT = 1024;

/** What fits into one frame, never cut inside a character or a code fence. */
function headOf(text: string, { maxBytes = CONTENT_BYTES }: StreamLook): string {
  if (utf8Length(text) <= maxBytes) return text;
  // A growing answer is cut anew with each of its frames: what lies far behind the cut is not looked at.
  const reach = trimMessage(text).slice(0, maxBytes + BEHIND_CUT);
  return chunkMessages(reach, { maxBytes })[0] ?? text;
}
