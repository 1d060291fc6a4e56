import { WecomCryptoError } from "./errors.ts";

/** PKCS#7 with blocks of 32 bytes, although the AES block has 16: a pad is 1 to 32 bytes, each holding the length of the pad. */
export const PAD_BLOCK_BYTES = 32;

/** How many bytes must be added to `length` bytes; a whole block where nothing is missing. */
export function padLength(length: number): number {
  return PAD_BLOCK_BYTES - (length % PAD_BLOCK_BYTES);
}

/**
 * The length without the padding.
 *
 * @throws WecomCryptoError of kind `buffer` unless every pad byte is right. (Public ports of the reference library
 *   skip this check.)
 */
export function unpaddedLength(bytes: Uint8Array): number {
  const pad = bytes[bytes.length - 1] ?? 0;
  if (pad < 1 || pad > PAD_BLOCK_BYTES || pad > bytes.length) throw new WecomCryptoError("buffer");

  const end = bytes.length - pad;
  let difference = 0;
  for (let i = end; i < bytes.length; i++) difference |= (bytes[i] as number) ^ pad;
  if (difference !== 0) throw new WecomCryptoError("buffer");
  return end;
}
