import { Buffer } from "node:buffer";
import { WecomCryptoError } from "./errors.ts";

const OUTSIDE_ALPHABET = /[^A-Za-z0-9+/=]/;

/**
 * Decodes standard Base64. Node's own decoder skips what it does not know; here that is an error.
 *
 * @throws WecomCryptoError of kind `base64`
 */
export function decodeBase64(text: string): Buffer {
  if (OUTSIDE_ALPHABET.test(text)) throw new WecomCryptoError("base64");

  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const digits = text.length - padding;
  // One digit left over carries six bits: less than a byte. Padding, where given, must complete a group of four.
  if (digits % 4 === 1 || (padding > 0 && text.length % 4 !== 0)) throw new WecomCryptoError("base64");

  const bytes = Buffer.from(text, "base64");
  // Node stops at an "=" in the middle, which shows as bytes that are missing.
  if (bytes.length !== Math.floor((digits * 3) / 4)) throw new WecomCryptoError("base64");
  return bytes;
}
