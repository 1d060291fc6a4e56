const MOST_BYTES = 256;
const PRODUCT = /^[A-Za-z0-9_.-]{1,32}\/[A-Za-z0-9_.+-]{1,32}(?: \([\x20-\x27\x2a-\x7e]{1,64}\))?/;

/** `name/version`, each followed by a comment if need be, with one space between: what the platform takes whole. */
export function isBotAgent(text: string): boolean {
  if (text === "" || text.length > MOST_BYTES) return false;
  let rest = text;
  for (;;) {
    const product = PRODUCT.exec(rest)?.[0];
    if (product === undefined) return false;
    rest = rest.slice(product.length);
    if (rest === "") return true;
    if (!rest.startsWith(" ")) return false;
    rest = rest.slice(1);
  }
}

/** `major<<16 | minor<<8 | patch`, one byte each: 2.4.9 is 132105. */
export function clientVersionNumber(version: string): number {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  return ((major & 0xff) << 16) | ((minor & 0xff) << 8) | (patch & 0xff);
}
