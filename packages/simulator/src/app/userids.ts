const LONGEST_BYTES = 64;
const ALLOWED = /^[0-9A-Za-z][0-9A-Za-z_@.-]*$/;

/** Why the platform would have no member of this userid; `undefined` when it could. */
export function problemOfUserId(userId: string, { anyCharacters = false } = {}): string | undefined {
  if (userId === "") return "It is empty.";
  if (Buffer.byteLength(userId) > LONGEST_BYTES) return `It is longer than ${LONGEST_BYTES} bytes.`;
  if (anyCharacters || ALLOWED.test(userId)) return undefined;
  return "It has other characters than letters, digits and _-@. or does not begin with a letter or digit.";
}
