export type { DecryptedFrame, SignedParts, WecomCryptoOptions } from "./crypto.ts";
export { createCrypto, WecomCrypto } from "./crypto.ts";
export type { WecomCryptoErrorKind } from "./errors.ts";
export { WecomCryptoError } from "./errors.ts";
export { decodeKey, isCallbackKey, sameKey } from "./key.ts";
export type { MediaKey } from "./media.ts";
export { createMediaDecryptStream, decryptMedia, encryptMedia } from "./media.ts";
