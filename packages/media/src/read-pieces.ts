import { open } from "node:fs/promises";

/** Large pieces go through hash, cipher and connection several times as fast as the usual 64 KiB. */
const PIECE_BYTES = 512 * 1024;

/**
 * A file in large pieces; while one is worked on, the next is being read. A piece is good until the next one is asked for:
 * the same two buffers are used over and over, since what is allocated must be collected.
 *
 * @throws what the file system says
 */
export async function* readPieces(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await open(path);
  let [mine, next] = [Buffer.allocUnsafeSlow(PIECE_BYTES), Buffer.allocUnsafeSlow(PIECE_BYTES)];
  let reading = file.read(mine);
  try {
    for (;;) {
      const { bytesRead } = await reading;
      if (bytesRead === 0) return;
      const piece = mine.subarray(0, bytesRead);
      [mine, next] = [next, mine];
      reading = file.read(mine);
      yield piece;
    }
  } finally {
    // Nothing may be read any more into what is given up, nor from what is closed.
    await reading.catch(() => {
      // Whoever left had no use for it.
    });
    await file.close();
  }
}
