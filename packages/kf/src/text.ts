import { chunkMessages, truncateText, utf8Length } from "@wxgate/chunker";
import type { MessageText } from "@wxgate/long-reply";

/** `kf/send_msg`, `text.content`: bytes of UTF-8. What is longer was seen to be cut silently. */
export const TEXT_BYTES = 2048;

export function byteLength(text: string): number {
  return utf8Length(text);
}

/** One message's text. */
export const kfText: MessageText = {
  split: (text, ending) => chunkMessages(text, { maxBytes: TEXT_BYTES, reserve: byteLength(ending) }),
  shorten: (text, ending) => truncateText(text, { maxBytes: TEXT_BYTES - byteLength(ending) }),
};
