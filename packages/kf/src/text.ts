import { utf8Length } from "@wxgate/chunker";

/** `kf/send_msg`, `text.content`: bytes of UTF-8. What is longer was seen to be cut silently. */
export const TEXT_BYTES = 2048;

export function byteLength(text: string): number {
  return utf8Length(text);
}
