import { utf8Length } from "@wxgate/chunker";

/** `kf/send_msg`, `text.content`: bytes of UTF-8. What is longer was seen to be cut silently. */
export const TEXT_BYTES = 2048;

export function byteLength(text: string): number {
  return utf8Length(text);
}

/** Without blank lines around it; its own indentation stays. WeChat refuses messages of white space. */
export function trimPiece(text: string): string {
  return text.replace(/^(?:[^\S\n]*\n)+/, "").trimEnd();
}
