import type { Buffer } from "node:buffer";
import { type Cipher, createCipheriv, createDecipheriv, type Decipher } from "node:crypto";

const CIPHER = "aes-256-cbc";
/** AES works on blocks of this size. */
export const BLOCK_BYTES = 16;

/**
 * AES-256-CBC for many messages with one key. Making a cipher of Node's costs more than running it over a callback, so one of
 * each kind lives as long as the key does, and every message goes on where the last one ended.
 *
 * In CBC that changes the first block alone: it is mixed with the last block of the message before instead of the IV. Frames
 * of the platform begin with 16 random bytes that nobody reads; what is encrypted is mixed beforehand, so that the bytes are
 * those of a fresh cipher.
 */
export class ChainedCipher {
  readonly #key: Uint8Array;
  readonly #iv: Uint8Array;
  #encrypting: Cipher | undefined;
  #decrypting: Decipher | undefined;
  /** The last block that was encrypted. */
  readonly #last: Uint8Array;

  constructor(key: Uint8Array, iv: Uint8Array) {
    this.#key = key;
    this.#iv = iv;
    this.#last = new Uint8Array(iv);
  }

  /** @param frame Whole blocks; its first one is overwritten. */
  encrypt(frame: Uint8Array): Buffer {
    this.#encrypting ??= createCipheriv(CIPHER, this.#key, this.#iv).setAutoPadding(false);
    for (let at = 0; at < BLOCK_BYTES; at++) frame[at]! ^= this.#iv[at]! ^ this.#last[at]!;
    const encrypted = this.#encrypting.update(frame);
    this.#last.set(encrypted.subarray(-BLOCK_BYTES));
    return encrypted;
  }

  /**
   * @param encrypted Whole blocks, at least one
   * @returns as many bytes; the first 16 mean nothing
   */
  decryptAfterFirst(encrypted: Uint8Array): Buffer {
    // Node's automatic padding knows blocks of 16 bytes only. Without it, whole blocks leave nothing for final().
    this.#decrypting ??= createDecipheriv(CIPHER, this.#key, this.#iv).setAutoPadding(false);
    return this.#decrypting.update(encrypted);
  }
}
