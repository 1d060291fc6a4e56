import { characterLength, chunkMessages, truncateText } from "@wxgate/chunker";
import type { MessageText } from "@wxgate/long-reply";

/** Of the 16,384 that the platform takes. */
const SAFE_BYTES = 15_000;

/** One message's text, by characters, and by bytes where these are many. */
export function ilinkText(textLimit: number): MessageText {
  return {
    split(text, ending) {
      const reserve = Math.min(characterLength(ending), textLimit >> 1);
      const maxBytes = SAFE_BYTES - Buffer.byteLength(ending);
      return chunkMessages(text, { maxCharacters: textLimit, reserve }).flatMap((chunk) =>
        Buffer.byteLength(chunk) <= maxBytes ? [chunk] : chunkMessages(chunk, { maxBytes }),
      );
    },
    shorten: (text, ending) => truncateText(text, { maxCharacters: Math.max(1, textLimit - characterLength(ending)) }),
  };
}
