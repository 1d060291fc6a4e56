import { accessSync, constants, existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

/** Makes a folder and those above it, one by one: Node's own way tries for ever where the system makes none, as in /proc. */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another gateway with the same folder was faster.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

/**
 * Makes a folder unless it is there, and tells early when it is of no use.
 *
 * @throws the system's error
 */
export function openFolder(path: string): void {
  makeFolder(path);
  // The dot tells a file of that name from a folder.
  accessSync(`${path}/.`, constants.W_OK);
}

/** For the operator: whose folder it is, and which key names another. */
export function unusableFolder(what: string, path: string, cure: string, cause: unknown): Error {
  const { code } = cause as NodeJS.ErrnoException;
  return new Error(`the ${what} folder ${path} cannot be used (${code}): change its owner, or ${cure}`, { cause });
}
