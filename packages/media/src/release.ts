import { MessageChannel, type MessagePort } from "node:worker_threads";

/** Memory below this is the engine's own affair; some of it is shared by many small buffers. */
const LEAST_BYTES = 16 * 1024;

let nowhere: MessagePort | undefined;

/**
 * Gives the memory of a chunk back at once, which is empty then: what is left to the collector makes it walk through all of
 * the heap for every few dozen megabytes. A chunk that is part of a larger buffer stays.
 */
export function release({ buffer, byteLength }: Uint8Array): void {
  if (byteLength < LEAST_BYTES || byteLength !== buffer.byteLength || !(buffer instanceof ArrayBuffer)) return;
  nowhere ??= closedPort();
  nowhere.postMessage(undefined, [buffer]);
}

/** A message to it is thrown away, with all that was transferred. */
function closedPort(): MessagePort {
  const { port1 } = new MessageChannel();
  port1.close();
  return port1;
}
