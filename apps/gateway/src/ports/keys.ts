import { createHash, hkdfSync, randomBytes } from "node:crypto";
import { dirname } from "node:path";
import { unusableFolder } from "./folder.ts";
import { readPrivateFile, writePrivateFile } from "./private-file.ts";

const KEY_BYTES = 32;

/** The gateway's own secret key, from which one key per purpose is derived. */
export interface KeyFile {
  /** Names the key in what was sealed with it. */
  readonly id: string;
  derive(purpose: string): Buffer;
}

/**
 * Reads the key, or makes it on the first start (mode 0600). Without it, what was sealed is lost: back it up with the store.
 *
 * @throws Error in plain words when the folder cannot be used or the file holds no key.
 */
export function openKeyFile(path: string): KeyFile {
  const key = readOrCreateKey(path);
  return {
    id: createHash("sha256").update(key).digest("hex").slice(0, 8),
    derive: (purpose) => Buffer.from(hkdfSync("sha256", key, "", `wxgate ${purpose}`, KEY_BYTES)),
  };
}

/** The first thing a start does in its data folder. */
function readOrCreateKey(path: string): Buffer {
  try {
    return readKey(path) ?? createKey(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw unusableFolder("data", dirname(path), "set store to a file in another folder", error);
  }
}

function readKey(path: string): Buffer | undefined {
  const text = readPrivateFile(path);
  if (text === undefined) return undefined;
  const key = Buffer.from(text.trim(), "base64");
  if (key.length === KEY_BYTES) return key;
  throw new Error(`${path} holds no key; restore it from a backup, or remove it and log in to the channels again`);
}

function createKey(path: string): Buffer {
  const key = randomBytes(KEY_BYTES);
  writePrivateFile(path, `${key.toString("base64")}\n`);
  return key;
}
