import { randomUUID } from "node:crypto";
import { createReadStream, type Dirent } from "node:fs";
import { link, mkdir, open, opendir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { MediaError } from "./errors.ts";
import { type Sniffed, sniff } from "./sniff.ts";
import { spool } from "./spool.ts";

export interface MediaStoreOptions {
  /** Created when missing, mode 0700. Several gateways may share it. */
  readonly dir: string;
  /** Largest file. */
  readonly maxBytes: number;
  /** How long a file is kept after it was last put. `Infinity` keeps it for ever. */
  readonly retentionHours: number;
  /** Milliseconds since 1970. */
  readonly clock: { now(): number };
}

export interface PutOptions {
  /** As the sender named it; helps to tell what an unmarked file is. */
  readonly filename?: string;
  readonly signal?: AbortSignal;
  /** Nothing else uses the source's chunks: their memory is given back as soon as they were written. */
  readonly givesChunks?: boolean;
}

/** A file in the store. `id` is the SHA-256 of its bytes: the same file twice is one. */
export interface StoredFile extends Sniffed {
  readonly id: string;
  readonly sha256: string;
  readonly bytes: number;
}

export interface OpenedFile {
  readonly bytes: number;
  /** Read it to the end or destroy it. */
  readonly body: Readable;
}

export interface MediaStore {
  /** Durable once resolved. @throws MediaError `media.too-large`, `media.empty`; what the source throws; the signal's reason. */
  put(source: AsyncIterable<Uint8Array>, options?: PutOptions): Promise<StoredFile>;
  /** A file, or bytes `start` to `end` (inclusive) of it; undefined when it is not, or no longer, there. */
  open(id: string, range?: { start?: number; end?: number }): Promise<OpenedFile | undefined>;
  /** Where the file is, for programs that need a path; it may not exist. @throws MediaError `media.not-found` when this is no id. */
  path(id: string): string;
  /** Removes files whose time is up, except those `keep` wants; says how many. */
  removeExpired(keep?: (id: string) => boolean | Promise<boolean>): Promise<number>;
  /** For the start: removes what writers that died left behind. Others' running writes stay. */
  removeLeftovers(): Promise<number>;
}

const ID = /^[0-9a-f]{64}$/;
const HOUR_MS = 3_600_000;
/** A running write touches its file; one that did not for this long is dead. */
const LEFTOVER_AGE_MS = HOUR_MS;

/** Files by the hash of their content: `<dir>/ab/cd/<sha256>`. Written aside, synced, then moved into place. */
export function createMediaStore({ dir, maxBytes, retentionHours, clock }: MediaStoreOptions): MediaStore {
  const temporary = join(dir, "tmp");

  function path(id: string): string {
    if (!ID.test(id)) throw new MediaError("this is not the id of a stored file", { code: "media.not-found" });
    return join(folderOf(id), id);
  }
  const folderOf = (id: string) => join(dir, id.slice(0, 2), id.slice(2, 4));

  /** Takes the file away and looks at it again: another gateway may have put the same bytes anew just now. */
  async function removeUnlessRenewed(id: string, expiredBefore: number): Promise<boolean> {
    const aside = join(temporary, randomUUID());
    await rename(path(id), aside);
    const isExpired = (await modifiedAt(aside)) < expiredBefore;
    if (!isExpired) await link(aside, path(id)).catch(ignore("EEXIST"));
    await rm(aside);
    return isExpired;
  }

  return {
    path,

    async put(source, { filename, signal, givesChunks } = {}) {
      await mkdir(temporary, { recursive: true, mode: 0o700 });
      const aside = join(temporary, randomUUID());
      const spooled = await spool(source, aside, { maxBytes, hash: "sha256", signal, durable: true, givesChunks });
      const { bytes, digest: sha256, head } = spooled;
      if (bytes === 0) {
        await rm(aside);
        throw new MediaError("the file is empty", { code: "media.empty" });
      }
      const now = clock.now() / 1000;
      await utimes(aside, now, now);
      await mkdir(folderOf(sha256), { recursive: true, mode: 0o700 });
      await rename(aside, path(sha256));
      await syncFolder(folderOf(sha256));
      return { id: sha256, sha256, bytes, ...(await sniff(head, filename)) };
    },

    async open(id, range = {}) {
      const file = await open(path(id), "r").catch(ignore("ENOENT"));
      if (!file) return undefined;
      const { size } = await file.stat();
      return { bytes: size, body: createReadStream("", { fd: file, ...range }) };
    },

    async removeExpired(keep = () => false) {
      if (retentionHours === Number.POSITIVE_INFINITY) return 0;
      const expiredBefore = clock.now() - retentionHours * HOUR_MS;
      await mkdir(temporary, { recursive: true, mode: 0o700 });
      let removed = 0;
      for await (const id of storedIds(dir)) {
        const isExpired = (await modifiedAt(path(id))) < expiredBefore;
        if (!isExpired || (await keep(id))) continue;
        if (await removeUnlessRenewed(id, expiredBefore).catch(ignore("ENOENT"))) removed++;
      }
      return removed;
    },

    async removeLeftovers() {
      // The file system's own time, which is what running writes leave on their files.
      const deadBefore = Date.now() - LEFTOVER_AGE_MS;
      let removed = 0;
      for await (const entry of entries(temporary)) {
        const leftover = join(temporary, entry.name);
        const isDead = (await modifiedAt(leftover)) < deadBefore;
        if (!isDead) continue;
        await rm(leftover, { force: true });
        removed++;
      }
      return removed;
    },
  };
}

async function* storedIds(dir: string): AsyncGenerator<string> {
  for await (const first of entries(dir)) {
    if (!/^[0-9a-f]{2}$/.test(first.name)) continue;
    for await (const second of entries(join(dir, first.name))) {
      for await (const file of entries(join(dir, first.name, second.name))) {
        if (ID.test(file.name)) yield file.name;
      }
    }
  }
}

async function* entries(folder: string): AsyncGenerator<Dirent> {
  const found = await opendir(folder).catch(ignore("ENOENT"));
  if (found) yield* found;
}

/** Milliseconds since 1970; NaN, which is before and after nothing, when the file is gone. */
async function modifiedAt(path: string): Promise<number> {
  return (await stat(path).catch(ignore("ENOENT")))?.mtimeMs ?? Number.NaN;
}

/** A rename is durable once its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function ignore(code: string): (error: NodeJS.ErrnoException) => undefined {
  return (error) => {
    if (error.code !== code) throw error;
  };
}
