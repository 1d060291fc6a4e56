import { createCipheriv, createHash, randomBytes } from "node:crypto";

/** The platform's side of the callback envelope: it only ever encrypts and signs. */
export interface CallbackKeys {
  readonly token: string;
  readonly encodingAESKey: string;
  /** The corp id; written behind the message so that the receiver knows it was meant. */
  readonly receiveId: string;
}

export interface Envelope {
  readonly encrypt: string;
  readonly signature: string;
  readonly timestamp: string;
  readonly nonce: string;
}

/** Deliberate damage, to be refused by a careful receiver. */
export type Damage = "signature" | "padding" | "receiveid" | "ciphertext";

const PAD_BLOCK = 32;

/** @throws RangeError unless the key is 43 characters that stand for 32 bytes. */
export function decodeAesKey(encodingAESKey: string): Buffer {
  if (!/^[0-9A-Za-z+/]{43}$/.test(encodingAESKey)) {
    throw new RangeError("An EncodingAESKey is exactly 43 characters of A-Z a-z 0-9.");
  }
  return Buffer.from(`${encodingAESKey}=`, "base64");
}

export function sign(token: string, timestamp: string, nonce: string, encrypt: string): string {
  return createHash("sha1").update([token, timestamp, nonce, encrypt].sort().join("")).digest("hex");
}

/** @param prefix 16 bytes before the length; random, except where a test compares with a published vector. */
export function encryptFrame(
  key: Buffer,
  message: string,
  receiveId: string,
  { damage, prefix = randomBytes(16) }: { damage?: Damage; prefix?: Buffer } = {},
): string {
  const body = Buffer.from(message, "utf8");
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  const owner = Buffer.from(damage === "receiveid" ? `${receiveId}WRONG` : receiveId, "utf8");
  const frame = Buffer.concat([prefix, length, body, owner]);
  const pad = PAD_BLOCK - (frame.length % PAD_BLOCK);
  const padding = Buffer.alloc(pad, pad);
  if (damage === "padding") padding.fill(0);
  const cipher = createCipheriv("aes-256-cbc", key, key.subarray(0, 16)).setAutoPadding(false);
  const encrypted = Buffer.concat([cipher.update(frame), cipher.update(padding), cipher.final()]);
  return (damage === "ciphertext" ? encrypted.subarray(0, encrypted.length - 7) : encrypted).toString("base64");
}

export function sealEnvelope(
  keys: CallbackKeys,
  key: Buffer,
  message: string,
  nowMs: number,
  damage?: Damage,
): Envelope {
  const encrypt = encryptFrame(key, message, keys.receiveId, { damage });
  const timestamp = String(Math.floor(nowMs / 1000));
  const nonce = String(randomBytes(4).readUInt32BE());
  const signature = sign(keys.token, timestamp, nonce, encrypt);
  return { encrypt, signature: damage === "signature" ? flipFirst(signature) : signature, timestamp, nonce };
}

function flipFirst(signature: string): string {
  return (signature.startsWith("0") ? "1" : "0") + signature.slice(1);
}
