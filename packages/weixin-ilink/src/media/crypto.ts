import { createCipheriv, createDecipheriv } from "node:crypto";
import { TransientError } from "@wxgate/core";

const ALGORITHM = "aes-128-ecb";
const BLOCK_BYTES = 16;

/** Bytes of ciphertext: PKCS#7 adds at least one. */
export function encryptedSize(bytes: number): number {
  return (Math.floor(bytes / BLOCK_BYTES) + 1) * BLOCK_BYTES;
}

/** One chunk in memory at a time. */
export async function* encrypt(source: AsyncIterable<Uint8Array>, key: Uint8Array): AsyncGenerator<Uint8Array> {
  const cipher = createCipheriv(ALGORITHM, key, null);
  for await (const chunk of source) {
    const part = cipher.update(chunk);
    if (part.length > 0) yield part;
  }
  yield cipher.final();
}

/**
 * One chunk in memory at a time; the last block is held back, since its padding is cut off.
 *
 * @throws TransientError `ilink.media-broken` at the end: what was given out before may be wrong
 */
export async function* decrypt(source: AsyncIterable<Uint8Array>, key: Uint8Array): AsyncGenerator<Uint8Array> {
  const decipher = createDecipheriv(ALGORITHM, key, null);
  for await (const chunk of source) {
    const part = decipher.update(chunk);
    if (part.length > 0) yield part;
  }
  const last = finish(decipher);
  if (last.length > 0) yield last;
}

function finish(decipher: { final(): Buffer }): Buffer {
  try {
    return decipher.final();
  } catch (cause) {
    throw new TransientError("the file cannot be decrypted: it is cut off, or its key is wrong", {
      code: "ilink.media-broken",
      cause,
    });
  }
}
