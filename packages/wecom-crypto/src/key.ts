import type { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import { decodeBase64 } from "./base64.ts";
import { WecomCryptoError } from "./errors.ts";

const KEY_TEXT_LENGTH = 43;
export const KEY_BYTES = 32;
export const IV_BYTES = 16;

/**
 * Turns an EncodingAESKey, or the `aeskey` beside a bot's media URL, into the 32 bytes of the AES key.
 *
 * 43 characters hold 258 bits; the last two are thrown away, so four texts mean the same key: compare the bytes
 * (`sameKey`), never the text. Surrounding whitespace and a final "=" are accepted.
 *
 * @throws WecomCryptoError of kind `key`; the message never contains the value.
 */
export function decodeKey(encodingAESKey: string): Buffer {
  const text = encodingAESKey.trim();
  const digits = text.endsWith("=") ? text.slice(0, -1) : text;
  if (digits.length !== KEY_TEXT_LENGTH) {
    throw new WecomCryptoError("key", `an AES key has ${KEY_TEXT_LENGTH} characters; this one has ${digits.length}`);
  }
  try {
    return decodeBase64(`${digits}=`);
  } catch {
    throw new WecomCryptoError("key", "an AES key has only the characters A-Z a-z 0-9 + /; this one has another");
  }
}

/** Whether `text` can be the EncodingAESKey of a callback page. */
export function isCallbackKey(text: string): boolean {
  try {
    decodeKey(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether two decoded keys are the same, in constant time. */
export function sameKey(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
