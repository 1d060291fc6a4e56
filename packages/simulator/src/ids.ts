import { createHash, randomBytes } from "node:crypto";

/** A random id of URL-safe characters; `bytes` of randomness after the prefix. */
export function randomId(prefix: string, bytes = 18): string {
  return prefix + randomBytes(bytes).toString("base64url");
}

/** The same id for the same words, in every run: a person keeps their id when the simulator restarts. */
export function stableId(prefix: string, length: number, ...words: readonly string[]): string {
  return prefix + createHash("sha256").update(words.join("\0")).digest("base64url").slice(0, length);
}
