import { createHash } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { interruptible } from "./interruptible.ts";
import { SNIFF_BYTES } from "./sniff.ts";
import { tooLarge } from "./too-large.ts";
import { createWriter } from "./writer.ts";

export interface Spooled {
  readonly bytes: number;
  /** Hexadecimal. */
  readonly digest: string;
  /** The first bytes, enough to sniff. */
  readonly head: Uint8Array;
}

export interface SpoolOptions {
  readonly maxBytes: number;
  readonly hash: "sha256" | "md5";
  readonly signal?: AbortSignal;
  /** Survives a power cut once this resolved. */
  readonly durable?: boolean;
  /** Nothing else uses the source's chunks: their memory is given back on the way. */
  readonly givesChunks?: boolean;
}

/**
 * Writes a stream to a new file (mode 0600), hashing on the way; a few megabytes in memory at a time. Leaves no file
 * behind when it fails.
 *
 * @throws MediaError `media.too-large` as soon as `maxBytes` is passed; the source's own failure; the signal's reason.
 */
export async function spool(source: AsyncIterable<Uint8Array>, path: string, options: SpoolOptions): Promise<Spooled> {
  options.signal?.throwIfAborted();
  const file = await open(path, "wx", 0o600);
  try {
    const spooled = await copy(source, file, options);
    await file.close();
    return spooled;
  } catch (error) {
    // Waits for what is under way.
    await file.close();
    await rm(path, { force: true });
    throw error;
  }
}

async function copy(source: AsyncIterable<Uint8Array>, file: FileHandle, options: SpoolOptions): Promise<Spooled> {
  const { maxBytes, signal, durable = false, givesChunks = false } = options;
  const writer = createWriter(file, { durable, releasesChunks: givesChunks });
  const hash = createHash(options.hash);
  const head: Uint8Array[] = [];
  let headBytes = 0;
  let bytes = 0;

  for await (const chunk of interruptible(source, signal)) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    if (headBytes < SNIFF_BYTES) {
      const part = Uint8Array.from(chunk.subarray(0, SNIFF_BYTES - headBytes));
      head.push(part);
      headBytes += part.byteLength;
    }
    hash.update(chunk);
    await writer.write(chunk);
  }
  await writer.end();
  return { bytes, digest: hash.digest("hex"), head: Buffer.concat(head) };
}
