import type { JsonObject } from "../json.ts";

/** One line of what sync_msg hands out. */
export interface SyncEntry {
  readonly at: number;
  readonly message: JsonObject;
  /** The same voice message with its file as SILK, for `voice_format: 1`. */
  readonly silk?: JsonObject;
}

/** Append-only, one per KF account; positions only ever grow. */
export interface SyncLog {
  append(entry: SyncEntry): void;
  /** Up to `limit` entries from `position` on; a position from before the horizon means the oldest kept one. */
  read(
    position: number,
    limit: number,
  ): { readonly entries: readonly SyncEntry[]; readonly next: number; readonly more: boolean };
  /** The position before the oldest entry that is kept. */
  oldest(): number;
  dropBefore(horizonMs: number): void;
  /** The position after the newest entry. */
  end(): number;
  /** Moves an empty log ahead of an earlier one. */
  startAfter(position: number): void;
}

/** @param firstPosition where to start counting: later than any earlier run, so that old cursors stay behind. */
export function createSyncLog(firstPosition: number): SyncLog {
  let entries: SyncEntry[] = [];
  let head = 0;
  let base = firstPosition;

  const oldest = () => base + head;

  return {
    append: (entry) => {
      entries.push(entry);
    },
    read(position, limit) {
      const from = Math.min(Math.max(position, oldest()) - base, entries.length);
      const page = entries.slice(from, from + limit);
      return { entries: page, next: base + from + page.length, more: from + page.length < entries.length };
    },
    oldest,
    dropBefore(horizonMs) {
      while (head < entries.length && (entries[head] as SyncEntry).at < horizonMs) head += 1;
      if (head > 1024 && head > entries.length / 2) {
        entries = entries.slice(head);
        base += head;
        head = 0;
      }
    },
    end: () => base + entries.length,
    startAfter(position) {
      base = Math.max(base, position);
    },
  };
}
