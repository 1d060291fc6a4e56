import { Buffer, isUtf8 } from "node:buffer";
import { hash, timingSafeEqual } from "node:crypto";
import { decodeBase64 } from "./base64.ts";
import { BLOCK_BYTES, ChainedCipher } from "./chained-cipher.ts";
import { WecomCryptoError } from "./errors.ts";
import { decodeKey, IV_BYTES, sameKey } from "./key.ts";
import { padLength, unpaddedLength } from "./padding.ts";
import { createRandomPool } from "./random-pool.ts";

const RANDOM_BYTES = BLOCK_BYTES;
const HEADER_BYTES = RANDOM_BYTES + 4;
const SIGNATURE_BYTES = 20;

export interface WecomCryptoOptions {
  /** The Token of the callback page: signs, and is never sent. */
  readonly token: string;
  /** 43 characters, as the console shows them. */
  readonly encodingAESKey: string;
  /**
   * Who must be named inside the frame: the corp id for apps and KF, the suite id for suites. Empty or absent means
   * "do not check", which is right for the AI bot of one's own enterprise.
   */
  readonly receiveId?: string;
  /** Fills the 16 bytes in front of each encrypted message. Default: the system's secure random numbers. */
  readonly fillRandom?: (bytes: Uint8Array) => void;
}

/** What stood in an encrypted frame. */
export interface DecryptedFrame {
  /** Valid UTF-8. For the URL check these bytes are the answer, exactly. */
  readonly message: Buffer;
  /** A reply is encrypted for the same receiver. */
  readonly receiveId: string;
}

/** The parts of a request or reply that a signature covers, as text exactly as received. */
export interface SignedParts {
  readonly timestamp: string;
  readonly nonce: string;
  readonly encrypt: string;
}

/**
 * WXBizMsgCrypt with one Token and one key, which is decoded once. Holds its secrets in private fields: neither
 * inspection nor JSON shows them.
 *
 * https://developer.work.weixin.qq.com/document/path/90968
 */
export class WecomCrypto {
  readonly receiveId: string;
  readonly #token: string;
  readonly #key: Buffer;
  readonly #cipher: ChainedCipher;
  readonly #expectedReceiver: Buffer | undefined;
  readonly #fillRandom: (bytes: Uint8Array) => void;

  constructor({ token, encodingAESKey, receiveId = "", fillRandom = createRandomPool() }: WecomCryptoOptions) {
    if (token === "" || /\s/.test(token)) {
      throw new WecomCryptoError("signature", "the callback token is empty or contains whitespace");
    }
    this.receiveId = receiveId;
    this.#token = token;
    this.#key = decodeKey(encodingAESKey);
    this.#cipher = new ChainedCipher(this.#key, this.#key.subarray(0, IV_BYTES));
    this.#expectedReceiver = receiveId === "" ? undefined : Buffer.from(receiveId);
    this.#fillRandom = fillRandom;
  }

  /** The signature as the platform writes it: 40 lowercase hexadecimal digits. */
  sign(parts: SignedParts): string {
    return hash("sha1", this.#signedText(parts), "hex");
  }

  /** Whether `signature` is right; in constant time once it looks like one at all. */
  verify(signature: string, parts: SignedParts): boolean {
    const received = Buffer.from(signature, "hex");
    if (signature.length !== SIGNATURE_BYTES * 2 || received.length !== SIGNATURE_BYTES) return false;
    return timingSafeEqual(received, hash("sha1", this.#signedText(parts), "buffer"));
  }

  /**
   * Opens the Base64 text of an envelope. Call `verify` first.
   *
   * @throws WecomCryptoError for everything that is wrong, with one message for all causes.
   */
  decrypt(encrypt: string): DecryptedFrame {
    const frame = this.#decryptFrame(decodeBase64(encrypt));
    const end = unpaddedLength(frame);
    if (end < HEADER_BYTES) throw new WecomCryptoError("buffer");

    const messageEnd = HEADER_BYTES + frame.readUInt32BE(RANDOM_BYTES);
    if (messageEnd > end) throw new WecomCryptoError("buffer");

    const receiveId = this.#checkedReceiver(frame.subarray(messageEnd, end));
    const message = frame.subarray(HEADER_BYTES, messageEnd);
    if (!isUtf8(message)) throw new WecomCryptoError("buffer");
    return { message, receiveId };
  }

  /** Encrypts for `receiveId` (default: the configured one) and gives the Base64 text of the envelope. */
  encrypt(message: string | Uint8Array, receiveId: string = this.receiveId): string {
    const content = typeof message === "string" ? Buffer.from(message) : message;
    const receiver = Buffer.from(receiveId);
    const rawLength = HEADER_BYTES + content.length + receiver.length;
    const pad = padLength(rawLength);

    const frame = Buffer.allocUnsafe(rawLength + pad);
    this.#fillRandom(frame.subarray(0, RANDOM_BYTES));
    frame.writeUInt32BE(content.length, RANDOM_BYTES);
    frame.set(content, HEADER_BYTES);
    frame.set(receiver, HEADER_BYTES + content.length);
    frame.fill(pad, rawLength);

    return this.#cipher.encrypt(frame).toString("base64");
  }

  /** Whether two configurations would accept the same signatures. */
  sharesToken(other: WecomCrypto): boolean {
    return this.#token === other.#token;
  }

  /** Whether two configurations decrypt alike: compares the decoded bytes, since several texts mean one key. */
  sharesKey(other: WecomCrypto): boolean {
    return sameKey(this.#key, other.#key);
  }

  #signedText({ timestamp, nonce, encrypt }: SignedParts): string {
    const [a, b, c, d] = [this.#token, timestamp, nonce, encrypt].sort() as [string, string, string, string];
    return a + b + c + d;
  }

  #decryptFrame(ciphertext: Buffer): Buffer {
    if (ciphertext.length === 0 || ciphertext.length % BLOCK_BYTES !== 0) throw new WecomCryptoError("decrypt");
    return this.#cipher.decryptAfterFirst(ciphertext);
  }

  #checkedReceiver(received: Buffer): string {
    if (this.#expectedReceiver === undefined) return received.toString();
    if (!this.#expectedReceiver.equals(received)) throw new WecomCryptoError("receive-id");
    return this.receiveId;
  }
}

/** @throws WecomCryptoError when the token or the key cannot be right; the message never contains the value. */
export function createCrypto(options: WecomCryptoOptions): WecomCrypto {
  return new WecomCrypto(options);
}
