import { createCipheriv, createDecipheriv, createHash } from "node:crypto";

/** AES-128-ECB with PKCS#7, as the media servers keep files. */
export function encryptFile(plain: Uint8Array, key: Uint8Array): Buffer {
  const cipher = createCipheriv("aes-128-ecb", key, null);
  return Buffer.concat([cipher.update(plain), cipher.final()]);
}

/** `undefined` when the key does not fit. */
export function decryptFile(bytes: Uint8Array, key: Uint8Array): Buffer | undefined {
  try {
    const decipher = createDecipheriv("aes-128-ecb", key, null);
    return Buffer.concat([decipher.update(bytes), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** Ciphertext bytes: always at least one of padding. */
export function paddedSize(bytes: number): number {
  return (Math.floor(bytes / 16) + 1) * 16;
}

export function md5Of(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}

/** What phones read: the hex characters in base64. The bare bytes in base64 give a grey picture. */
export function keyOfReference(aesKey: string): Buffer | undefined {
  const text = Buffer.from(aesKey, "base64").toString("latin1");
  return /^[0-9a-f]{32}$/i.test(text) ? Buffer.from(text, "hex") : undefined;
}
