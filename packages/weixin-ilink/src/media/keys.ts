const RAW_BYTES = 16;
const HEX = /^[0-9a-f]{32}$/i;
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

/**
 * The 16 bytes of a key, however it is written: base64 of the bytes, base64 of their 32 hex characters, or the bare hex
 * characters; padding may be missing. Undefined when it is none of these.
 */
export function decodeKey(text: string): Buffer | undefined {
  if (HEX.test(text)) return Buffer.from(text, "hex");
  if (!BASE64.test(text)) return undefined;
  const bytes = Buffer.from(text, "base64");
  if (bytes.length === RAW_BYTES) return bytes;
  const inner = bytes.toString("latin1");
  return HEX.test(inner) ? Buffer.from(inner, "hex") : undefined;
}

/** How keys are sent: base64 of the hex characters. Of the bare bytes, phones make a grey picture. */
export function encodeKey(key: Uint8Array): string {
  return Buffer.from(Buffer.from(key).toString("hex")).toString("base64");
}
