import { randomBytes } from "node:crypto";
import type { Random } from "@wxgate/core";

/** Asked for at once: a call of the system's generator for each header and id costs ten times what they do. */
const POOL_BYTES = 4_096;
const FEW_BYTES = 64;

/** Every process needs one; whoever takes bytes, nobody gets the same ones. */
export const systemRandom: Random = { bytes: createBytes(), fraction: () => Math.random() };

function createBytes(): (count: number) => Uint8Array {
  let pool = randomBytes(POOL_BYTES);
  let taken = 0;
  return (count) => {
    if (count > FEW_BYTES) return randomBytes(count);
    if (taken + count > pool.length) {
      pool = randomBytes(POOL_BYTES);
      taken = 0;
    }
    taken += count;
    return pool.subarray(taken - count, taken);
  };
}
