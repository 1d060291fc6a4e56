import type { FileHandle } from "node:fs/promises";

type File = Pick<FileHandle, "write" | "writev" | "datasync" | "sync">;

/** Few large writes: each is a round trip to another thread. */
const BATCH_BYTES = 512 * 1024;
/** What a disk has by the time the last byte comes need not be waited for then. */
const SYNC_BYTES = 16 * 1024 * 1024;

/** Writes chunks to a file while the next ones come in. Chunks that were handed over stay as they are. */
export interface Writer {
  /** Resolves when there is room for more. Rejects when an earlier write failed. */
  write(chunk: Uint8Array): Promise<void>;
  /** Everything is written and, if `durable`, on the disk. */
  end(): Promise<void>;
}

export function createWriter(file: File, { durable }: { readonly durable: boolean }): Writer {
  let batch: Uint8Array[] = [];
  let batchBytes = 0;
  let unsyncedBytes = 0;
  let writing: Promise<void> = Promise.resolve();
  let syncing: Promise<void> = Promise.resolve();
  let isSyncing = false;

  function flush(): void {
    const chunks = batch;
    writing = writeAll(file, chunks, batchBytes);
    writing.catch(heardLater);
    unsyncedBytes += batchBytes;
    batch = [];
    batchBytes = 0;
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
      await writing;
      if (durable && unsyncedBytes >= SYNC_BYTES && !isSyncing) sync();
      flush();
    },
    async end() {
      await writing;
      flush();
      await writing;
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
