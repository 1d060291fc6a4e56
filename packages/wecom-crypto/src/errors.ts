/** The reference library's error numbers, by the stable name this package gives them. */
const CODES = {
  signature: -40001,
  key: -40004,
  "receive-id": -40005,
  decrypt: -40007,
  buffer: -40008,
  base64: -40010,
} as const;

export type WecomCryptoErrorKind = keyof typeof CODES;

/** The one sentence for every failed decryption, whatever the cause: an answer must not tell a caller which check failed. */
const UNDECRYPTABLE = "the encrypted content could not be decrypted";

/**
 * Everything this package refuses. `message` is safe to show to anybody and is the same for all decryption
 * failures; `code` (the number of WeCom's reference library) and `kind` are for logs.
 */
export class WecomCryptoError extends Error {
  override readonly name = "WecomCryptoError";
  readonly kind: WecomCryptoErrorKind;
  readonly code: number;

  constructor(kind: WecomCryptoErrorKind, message: string = UNDECRYPTABLE) {
    super(message);
    this.kind = kind;
    this.code = CODES[kind];
  }
}
