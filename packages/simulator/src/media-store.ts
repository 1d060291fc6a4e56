import { randomId } from "./ids.ts";

export type MediaKind = "image" | "voice" | "video" | "file";

export interface StoredMedia {
  readonly id: string;
  readonly kind: MediaKind;
  readonly mime: string;
  readonly filename: string;
  readonly bytes: number;
  readonly expiresAt: number;
  /** The bytes from `start` up to, not including, `end`. */
  read(start: number, end: number): Buffer;
}

export interface NewMedia {
  readonly kind: MediaKind;
  readonly mime: string;
  readonly filename: string;
  /** The content, or how many bytes of a made-up pattern: those cost no memory until they are read. */
  readonly content: Buffer | number;
}

/** One enterprise's media: shared by all its apps, gone after three days. */
export interface MediaStore {
  add(media: NewMedia): StoredMedia;
  /** `undefined` for an id that never was or has expired. */
  find(id: string): StoredMedia | undefined;
  clear(): void;
}

export const MEDIA_LIFETIME_MS = 3 * 24 * 3_600_000;

export function createMediaStore(now: () => number): MediaStore {
  // In order of expiry, since all live equally long.
  const media = new Map<string, StoredMedia>();

  function dropExpired(): void {
    for (const [id, item] of media) {
      if (item.expiresAt > now()) return;
      media.delete(id);
    }
  }

  return {
    add({ kind, mime, filename, content }) {
      dropExpired();
      const bytes = typeof content === "number" ? content : content.length;
      const read =
        typeof content === "number" ? patternReader() : (start: number, end: number) => content.subarray(start, end);
      const id = randomId("SIM", 24);
      const item: StoredMedia = { id, kind, mime, filename, bytes, expiresAt: now() + MEDIA_LIFETIME_MS, read };
      media.set(id, item);
      return item;
    },
    find(id) {
      const item = media.get(id);
      return item && item.expiresAt > now() ? item : undefined;
    },
    clear: () => media.clear(),
  };
}

const PATTERN_BYTES = 251;

/** Bytes 0…250 again and again: the byte at `n` is `n % 251`, so a receiver can check what it got. */
function patternReader(): (start: number, end: number) => Buffer {
  const period = Uint8Array.from({ length: PATTERN_BYTES }, (_, index) => index);
  return (start, end) => {
    const shift = start % PATTERN_BYTES;
    return Buffer.alloc(shift + end - start, period).subarray(shift);
  };
}
