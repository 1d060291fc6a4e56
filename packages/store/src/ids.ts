import type { Random } from "@wxgate/core";

/**
 * Public ids are a row's number behind a tag that each database draws once: found without an index of their own, and
 * never met again after a database is made anew, so they are good as idempotency keys.
 */
export interface Ids {
  format(kind: IdKind, seq: number): string;
  /** Undefined: not an id of this kind from this database. */
  parse(kind: IdKind, id: string): number | undefined;
}
type IdKind = "msg" | "evt" | "trn" | "cnv";

export function createIds(tag: string): Ids {
  return {
    format: (kind, seq) => `${kind}_${tag}${seq.toString(36)}`,
    parse(kind, id) {
      const prefix = `${kind}_${tag}`;
      if (!id.startsWith(prefix) || !/^[0-9a-z]{1,11}$/.test(id.slice(prefix.length))) return undefined;
      const seq = Number.parseInt(id.slice(prefix.length), 36);
      return Number.isSafeInteger(seq) ? seq : undefined;
    },
  };
}

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

export function randomText(random: Random, length: number): string {
  let text = "";
  for (const byte of random.bytes(length)) text += ALPHABET[byte & 31];
  return text;
}
