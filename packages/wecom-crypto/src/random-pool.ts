import { randomFillSync } from "node:crypto";

const POOL_BYTES = 4_096;

/** The system's secure random numbers, fetched for many messages at once: one fetch costs as much as encrypting. */
export function createRandomPool(): (bytes: Uint8Array) => void {
  const pool = new Uint8Array(POOL_BYTES);
  let used = POOL_BYTES;
  /** @param bytes At most 4,096. */
  return function fillRandom(bytes) {
    if (used + bytes.length > POOL_BYTES) {
      randomFillSync(pool);
      used = 0;
    }
    bytes.set(pool.subarray(used, used + bytes.length));
    used += bytes.length;
  };
}
