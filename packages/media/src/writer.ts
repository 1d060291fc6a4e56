import type { FileHandle } from "node:fs/promises";
import { release } from "./release.ts";

type File = Pick<FileHandle, "write" | "writev" | "datasync" | "sync">;

/** Few large writes: each is a round trip to another thread. */
const BATCH_BYTES = 512 * 1024;
/** How many of them may wait: a disk that is slow for a moment need not stop what comes in. */
const MOST_BATCHES = 16;
/** What a disk has by the time the last byte comes need not be waited for then. */
const SYNC_BYTES = 16 * 1024 * 1024;

export interface WriterOptions {
  /** What was written survives a power cut. */
  readonly durable: boolean;
  /** Gives the memory of a chunk back once it was written; otherwise chunks stay as they are. */
  readonly releasesChunks: boolean;
}

/** Writes chunks to a file while the next ones come in. Chunks that were handed over must not change. */
export interface Writer {
  /** Resolves when there is room for more. Rejects when an earlier write failed. */
  write(chunk: Uint8Array): Promise<void>;
  /** Everything is written and, if `durable`, on the disk. */
  end(): Promise<void>;
}

export function createWriter(file: File, { durable, releasesChunks }: WriterOptions): Writer {
  let batch: Uint8Array[] = [];
  let batchBytes = 0;
  let unsyncedBytes = 0;
  /** The writes that are not known to be done, in order; each waits for the one before. */
  const writing: Promise<void>[] = [];
  let last: Promise<void> = Promise.resolve();
  let syncing: Promise<void> = Promise.resolve();
  let isSyncing = false;

  function flush(): void {
    const chunks = batch;
    const bytes = batchBytes;
    batch = [];
    batchBytes = 0;
    last = last.then(async () => {
      await writeAll(file, chunks, bytes);
      if (releasesChunks) for (const chunk of chunks) release(chunk);
      unsyncedBytes += bytes;
      if (durable && unsyncedBytes >= SYNC_BYTES && !isSyncing) sync();
    });
    last.catch(heardLater);
    writing.push(last);
  }

  /** Beside the writes that follow. Its failure counts: a second sync would not tell it again. */
  function sync(): void {
    unsyncedBytes = 0;
    isSyncing = true;
    syncing = syncing
      .then(() => file.datasync())
      .finally(() => {
        isSyncing = false;
      });
    syncing.catch(heardLater);
  }

  return {
    async write(chunk) {
      batch.push(chunk);
      batchBytes += chunk.byteLength;
      if (batchBytes < BATCH_BYTES) return;
      flush();
      if (writing.length > MOST_BATCHES) await writing.shift();
    },
    async end() {
      flush();
      await last;
      await syncing;
      if (durable) await file.sync();
    },
  };
}

/** A write may take less than it is given. */
async function writeAll(file: File, chunks: readonly Uint8Array[], bytes: number): Promise<void> {
  if (bytes === 0) return;
  const { bytesWritten } = await file.writev(chunks);
  if (bytesWritten === bytes) return;
  const rest = Buffer.concat(chunks).subarray(bytesWritten);
  for (let at = 0; at < rest.length; ) at += (await file.write(rest, at)).bytesWritten;
}

function heardLater(): void {
  // Whoever writes on, or ends, hears of it.
}
