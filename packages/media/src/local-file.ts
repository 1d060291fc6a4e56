import { constants, createReadStream } from "node:fs";
import { type FileHandle, lstat, open, readlink, realpath } from "node:fs/promises";
import { basename, isAbsolute, join, parse, relative, sep } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { MediaError } from "./errors.ts";
import { tooLarge } from "./too-large.ts";

export interface LocalFileOptions {
  /** The folders files may come from (`mediaLocalRoots`), absolute or beginning with `~`; `/` is none. None: no file at all. */
  readonly roots: readonly string[];
  /** What `~` stands for; without it `~` is refused. */
  readonly home?: string;
  readonly maxBytes?: number;
}

export interface LocalFile {
  /** The real path. */
  readonly path: string;
  readonly filename: string;
  readonly bytes: number;
  /** Read it to the end or destroy it. */
  readonly body: Readable;
}

/** Large pieces are read several times as fast as the usual 64 KiB. */
const CHUNK_BYTES = 512 * 1024;
const SYSTEM_FOLDERS = ["/proc", "/sys", "/dev"];

/**
 * Opens a file that a person or a model named: a path, a `file:` URL or `~/…`; a relative path is looked for under each
 * root. It is opened only when its real path, links resolved, is below a root, and it is a regular file. What is checked
 * is the very file that was opened, so swapping links meanwhile gains nothing.
 *
 * @throws MediaError `media.path-refused`, `media.not-found`, `media.too-large`.
 */
export async function openLocalFile(input: string, options: LocalFileOptions): Promise<LocalFile> {
  const { home, maxBytes } = options;
  const path = toPath(input, home);
  // It would open every file, so it opens none.
  const roots = options.roots.filter((root) => root !== parse(root).root);
  const realRoots = await resolveRoots(roots, home);
  const candidates = isAbsolute(path) ? [path] : realRoots.map((root) => join(root, path));

  for (const candidate of candidates) {
    const real = await realpath(candidate).catch(missing);
    if (real === undefined) continue;
    requireBelow(real, realRoots);
    return openChecked(real, realRoots, maxBytes);
  }
  // A path outside is refused whether or not something is there: the answer must not tell.
  if (isAbsolute(path) && !isBelow(path, [...realRoots, ...roots])) throw outside();
  const words = isAbsolute(path)
    ? "there is no such file"
    : "there is no such file; write its whole path, or one from ~";
  throw new MediaError(words, { code: "media.not-found" });
}

function toPath(input: string, home: string | undefined): string {
  const path = /^file:/i.test(input) ? fromFileUrl(input) : expandHome(input, home);
  if (path === "" || path.includes("\0")) throw refused("this is not a path");
  if (path.split(/[\\/]/).includes("..")) throw refused('a path may not contain ".."');
  return path;
}

function fromFileUrl(input: string): string {
  try {
    return fileURLToPath(input);
  } catch (cause) {
    throw new MediaError("this is not a file URL of this machine", { code: "media.path-refused", cause });
  }
}

function expandHome(path: string, home: string | undefined): string {
  if (path !== "~" && !path.startsWith("~/")) return path;
  if (home === undefined) throw refused('"~" has no meaning here; write the whole path');
  return join(home, path.slice(1));
}

async function resolveRoots(roots: readonly string[], home: string | undefined): Promise<string[]> {
  const real: string[] = [];
  for (const root of roots) {
    const path = expandHome(root, home);
    if (!isAbsolute(path)) throw refused("a folder in mediaLocalRoots is not absolute");
    const found = await realpath(path).catch(missing);
    // A link to "/" is "/".
    if (found !== undefined && found !== parse(found).root) real.push(found);
  }
  return real;
}

async function openChecked(real: string, roots: readonly string[], maxBytes: number | undefined): Promise<LocalFile> {
  // Non-blocking: opening a pipe nobody writes to would wait for ever.
  const file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(unopened);
  try {
    const opened = await file.stat();
    await requireSamePlace(file, real, roots);
    if (!opened.isFile()) throw refused("this is not a regular file");
    if (maxBytes !== undefined && opened.size > maxBytes) throw tooLarge(maxBytes, opened.size);
    return { path: real, filename: basename(real), bytes: opened.size, body: streamOf(file, opened.size) };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** At most the size that was looked at: a file that grows meanwhile does not pass the limit. */
function streamOf(file: FileHandle, bytes: number): Readable {
  return createReadStream("", { fd: file, highWaterMark: CHUNK_BYTES, ...(bytes > 0 && { start: 0, end: bytes - 1 }) });
}

/**
 * The folders on the way may have been swapped for links between the look at the path and the opening. Linux says where
 * an open file really is. Elsewhere the path is looked at once more, which leaves a swap less than a moment.
 */
async function requireSamePlace(file: FileHandle, real: string, roots: readonly string[]): Promise<void> {
  const place = await readlink(`/proc/self/fd/${file.fd}`).catch(missing);
  if (place !== undefined) return requireBelow(place, roots);

  const [opened, there] = await Promise.all([file.stat(), lstat(real).catch(missing)]);
  const now = await realpath(real).catch(missing);
  if (now !== real || there?.ino !== opened.ino || there.dev !== opened.dev) {
    throw refused("the file was replaced while it was opened");
  }
}

function requireBelow(path: string, roots: readonly string[]): void {
  if (!isBelow(path, roots) || isBelow(path, SYSTEM_FOLDERS)) throw outside();
}

function isBelow(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => {
    const way = relative(folder, path);
    return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
  });
}

function outside(): MediaError {
  return refused("this path is outside the folders files may be sent from (mediaLocalRoots)");
}

function refused(message: string): MediaError {
  return new MediaError(message, { code: "media.path-refused" });
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw cannotOpen(error);
}

function unopened(error: NodeJS.ErrnoException): never {
  throw cannotOpen(error);
}

function cannotOpen(cause: NodeJS.ErrnoException): MediaError {
  return new MediaError(`the file cannot be opened (${cause.code})`, { code: "media.path-refused", cause });
}
