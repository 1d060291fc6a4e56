import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv } from "node:crypto";
import { Transform } from "node:stream";
import { WecomCryptoError } from "./errors.ts";
import { decodeKey, IV_BYTES, KEY_BYTES } from "./key.ts";
import { PAD_BLOCK_BYTES, padLength, unpaddedLength } from "./padding.ts";

const CIPHER = "aes-256-cbc";

/** The key of a bot's media file: the text beside its URL (or the EncodingAESKey in webhook mode), or its 32 bytes. */
export type MediaKey = string | Uint8Array;

/**
 * Decrypts a bot's media file piece by piece: memory does not grow with the file. The last 32 bytes are held back
 * until the end shows how many of them are padding.
 */
interface MediaDecipher {
  update(chunk: Uint8Array): Buffer[];
  /** @throws WecomCryptoError when the file is empty, cut short, or encrypted with another key. */
  final(): Buffer;
}

function createMediaDecipher(mediaKey: MediaKey): MediaDecipher {
  const key = toKeyBytes(mediaKey);
  const decipher = createDecipheriv(CIPHER, key, key.subarray(0, IV_BYTES)).setAutoPadding(false);
  let held = Buffer.alloc(0);

  return {
    update(chunk) {
      const plain = decipher.update(chunk);
      if (plain.length < PAD_BLOCK_BYTES) {
        const joined = Buffer.concat([held, plain]);
        const ready = Math.max(0, joined.length - PAD_BLOCK_BYTES);
        held = joined.subarray(ready);
        return ready === 0 ? [] : [joined.subarray(0, ready)];
      }
      const pieces = [held, plain.subarray(0, -PAD_BLOCK_BYTES)].filter((piece) => piece.length > 0);
      // A copy, so that 32 bytes do not keep a whole chunk in memory.
      held = Buffer.from(plain.subarray(-PAD_BLOCK_BYTES));
      return pieces;
    },
    final() {
      finishBlocks(decipher);
      return held.subarray(0, unpaddedLength(held));
    },
  };
}

function finishBlocks(decipher: { final(): Buffer }): void {
  try {
    decipher.final();
  } catch {
    throw new WecomCryptoError("decrypt");
  }
}

/**
 * Decrypts the media file of a bot message: AES-256-CBC, PKCS#7 padded to 32 bytes, the plaintext is just the file.
 *
 * Constant memory. What was yielded before an error is not to be trusted: only a normal end says that the file is whole.
 *
 * @throws WecomCryptoError of kind `key`, `decrypt` (empty or cut short) or `buffer` (wrong key, damaged)
 */
export async function* decryptMedia(
  source: AsyncIterable<Uint8Array>,
  key: MediaKey,
): AsyncGenerator<Uint8Array, void, undefined> {
  const decipher = createMediaDecipher(key);
  for await (const chunk of source) yield* decipher.update(chunk);
  const rest = decipher.final();
  if (rest.length > 0) yield rest;
}

/** `decryptMedia` as a Node stream, for `pipeline`. */
export function createMediaDecryptStream(key: MediaKey): Transform {
  const decipher = createMediaDecipher(key);
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      for (const piece of decipher.update(chunk)) this.push(piece);
      done();
    },
    flush(done) {
      try {
        done(null, decipher.final());
      } catch (error) {
        done(error as WecomCryptoError);
      }
    },
  });
}

/** Encrypts a file as the platform does for bot messages. Made for tests and simulators: the whole file is in memory. */
export function encryptMedia(file: Uint8Array, mediaKey: MediaKey): Buffer {
  const key = toKeyBytes(mediaKey);
  const pad = padLength(file.length);
  const cipher = createCipheriv(CIPHER, key, key.subarray(0, IV_BYTES)).setAutoPadding(false);
  return Buffer.concat([cipher.update(file), cipher.update(Buffer.alloc(pad, pad)), cipher.final()]);
}

function toKeyBytes(key: MediaKey): Uint8Array {
  if (typeof key === "string") return decodeKey(key);
  if (key.length !== KEY_BYTES) throw new WecomCryptoError("key", `an AES key has ${KEY_BYTES} bytes`);
  return key;
}
