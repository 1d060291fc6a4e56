/** 32 characters that are not mistaken for each other when read aloud. */
const ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/** Of a code that an operator types. */
export const CODE_LENGTH = 8;

/** The first eight bytes as a code. */
export function codeOf(bytes: Uint8Array): string {
  return [...bytes.subarray(0, CODE_LENGTH)].map((byte) => ALPHABET[byte % ALPHABET.length]).join("");
}
