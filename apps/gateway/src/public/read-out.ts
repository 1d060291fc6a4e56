import type { IncomingMessage } from "node:http";

/** What a mistaken client or proxy may send; whoever sends more is cut off. */
const MAX_LEFT_BYTES = 16 * 1_048_576;
const MAX_WAIT_MS = 5_000;

/**
 * Reads and drops what is left of a body that nobody wants. A connection that is closed while its sender still writes is
 * reset, and the sender sees a broken pipe instead of the answer that says why.
 */
export function readOut(raw: IncomingMessage): Promise<void> {
  if (raw.complete || raw.destroyed || Number(raw.headers["content-length"] ?? 0) > MAX_LEFT_BYTES) {
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    let left = MAX_LEFT_BYTES;
    const timer = setTimeout(finish, MAX_WAIT_MS);
    function finish(): void {
      clearTimeout(timer);
      raw.off("data", count);
      resolve();
    }
    function count(chunk: Uint8Array): void {
      left -= chunk.length;
      if (left < 0) finish();
    }
    raw.on("data", count);
    raw.once("end", finish);
    raw.once("close", finish);
    raw.resume();
  });
}
