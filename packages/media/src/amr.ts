/** Bytes of a frame with its header, by frame type (RFC 4867 §5.3); 0: there is no such type. */
const NARROW_BAND = [13, 14, 16, 18, 20, 21, 27, 32, 6, 0, 0, 0, 0, 0, 0, 1];
const WIDE_BAND = [18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 0, 0, 0, 0, 1, 1];
const NARROW_BAND_MAGIC = "#!AMR\n";
const WIDE_BAND_MAGIC = "#!AMR-WB\n";
const FRAME_MS = 20;

/**
 * Length of an AMR or AMR-WB file in milliseconds, by counting its frames; undefined when it is not AMR or broken
 * inside. Reads a stream once and keeps nothing of it. A last frame that is cut off is not counted.
 */
export async function amrDurationMs(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<number | undefined> {
  let head = Buffer.alloc(0);
  let sizes: readonly number[] | undefined;
  let skip = 0;
  let frames = 0;

  for await (const chunk of source) {
    let data: Uint8Array = chunk;
    if (!sizes) {
      head = Buffer.concat([head, chunk]);
      if (head.length < WIDE_BAND_MAGIC.length) continue;
      const found = readMagic(head);
      if (!found) return undefined;
      sizes = found.sizes;
      data = head.subarray(found.length);
    }
    while (skip < data.length) {
      const size = sizes[(data[skip]! >> 3) & 0x0f]!;
      if (size === 0) return undefined;
      skip += size;
      frames++;
    }
    skip -= data.length;
  }
  if (!sizes) return head.equals(Buffer.from(NARROW_BAND_MAGIC)) ? 0 : undefined;
  return (skip > 0 ? frames - 1 : frames) * FRAME_MS;
}

function readMagic(head: Buffer): { sizes: readonly number[]; length: number } | undefined {
  const start = head.toString("latin1", 0, WIDE_BAND_MAGIC.length);
  if (start === WIDE_BAND_MAGIC) return { sizes: WIDE_BAND, length: WIDE_BAND_MAGIC.length };
  return start.startsWith(NARROW_BAND_MAGIC) ? { sizes: NARROW_BAND, length: NARROW_BAND_MAGIC.length } : undefined;
}
