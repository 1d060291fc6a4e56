import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

const CHUNK_CHARACTERS = 65_536;

/** An append-only file of JSON lines. One call at a time: whoever calls waits for the last one. Dates come back as text. */
export interface Journal<Line> {
  /** The lines are on the disk when this resolves. When it rejects, the next call removes what got there. */
  append(lines: readonly Line[]): Promise<void>;
  /** Puts `lines` in the place of everything; after a crash there is the old file or the new one, each whole. */
  rewrite(lines: Iterable<Line>): Promise<void>;
  close(): Promise<void>;
}

/** Keeps nothing: for tries and tests. */
export function memoryJournal<Line>(): Journal<Line> {
  return { append: async () => {}, rewrite: async () => {}, close: async () => {} };
}

/**
 * @param compact what of the lines is still needed; the file is rewritten with it, mode 0600.
 * @throws Error with the line's number when a line before the last is not JSON. A torn last line is what a crash leaves.
 */
export async function openJournal<Line>(
  path: string,
  compact: (lines: readonly Line[]) => Iterable<Line>,
): Promise<Journal<Line>> {
  await mkdir(dirname(path), { recursive: true });
  const before = parse<Line>(path, await readFile(path, "utf8").catch(emptyWhenMissing));
  let tail = await writeAnew(path, compact(before));
  return {
    append: (lines) => append(tail, lines),
    async rewrite(lines) {
      const { file } = tail;
      tail = await writeAnew(path, lines);
      await file.close();
    },
    close: () => tail.file.close(),
  };
}

interface Tail {
  readonly file: FileHandle;
  /** How much of the file is known to be whole. */
  bytes: number;
  /** An append failed: what stands behind `bytes` is half a line, or lines whose caller was told that they are not kept. */
  torn: boolean;
}

async function append(tail: Tail, lines: readonly unknown[]): Promise<void> {
  const bytes = Buffer.from(lines.map(render).join(""));
  if (tail.torn) await tail.file.truncate(tail.bytes);
  tail.torn = true;
  await tail.file.appendFile(bytes);
  await tail.file.datasync();
  tail.torn = false;
  tail.bytes += bytes.length;
}

/** The file stays open over its renaming: nothing that can fail stands between the new name and the next append. */
async function writeAnew(path: string, lines: Iterable<unknown>): Promise<Tail> {
  const fresh = `${path}.new`;
  const { O_WRONLY, O_APPEND, O_CREAT, O_TRUNC } = constants;
  const file = await open(fresh, O_WRONLY | O_APPEND | O_CREAT | O_TRUNC, 0o600);
  let bytes = 0;
  try {
    for (const chunk of chunksOf(lines)) {
      await file.appendFile(chunk);
      bytes += chunk.length;
    }
    await file.sync();
    await rename(fresh, path);
  } catch (error) {
    await file.close();
    await rm(fresh, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
  return { file, bytes, torn: false };
}

/** So that a week of ids neither stands in memory as one text nor keeps everything else waiting. */
function* chunksOf(lines: Iterable<unknown>): Generator<Buffer> {
  let text = "";
  for (const line of lines) {
    text += render(line);
    if (text.length < CHUNK_CHARACTERS) continue;
    yield Buffer.from(text);
    text = "";
  }
  yield Buffer.from(text);
}

/** Without this a power cut may bring back the old file, without what was appended to the new one. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path).catch(() => {
    // Windows opens no folders.
  });
  await folder?.sync().catch(() => {
    // Some network file systems sync no folders.
  });
  await folder?.close();
}

function render(line: unknown): string {
  return `${JSON.stringify(line)}\n`;
}

function parse<Line>(path: string, text: string): readonly Line[] {
  const rows = text.split("\n");
  const lines: Line[] = [];
  for (const [index, row] of rows.entries()) {
    if (row === "") continue;
    try {
      lines.push(JSON.parse(row) as Line);
    } catch (error) {
      if (index === rows.length - 1) break;
      throw new Error(`${path}, line ${index + 1} is not JSON; repair or remove that line`, { cause: error });
    }
  }
  return lines;
}

function emptyWhenMissing(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT") return "";
  throw error;
}
