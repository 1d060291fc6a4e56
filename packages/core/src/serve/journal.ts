import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";

/** An append-only file of JSON lines; what was appended is on the disk when `append` resolves. Dates come back as text. */
export interface Journal<Line> {
  readonly lines: readonly Line[];
  append(lines: readonly Line[]): Promise<void>;
  close(): Promise<void>;
}

/** Keeps nothing: for tries and tests. */
export function memoryJournal<Line>(): Journal<Line> {
  return { lines: [], append: async () => {}, close: async () => {} };
}

/**
 * @param compact what of the lines is still needed; the file is rewritten with it, mode 0600.
 * @throws Error with the line's number when a line before the last is not JSON. A torn last line is what a crash leaves.
 */
export async function openJournal<Line>(
  path: string,
  compact: (lines: readonly Line[]) => readonly Line[],
): Promise<Journal<Line>> {
  await mkdir(dirname(path), { recursive: true });
  const lines = compact(parse<Line>(path, await readFile(path, "utf8").catch(emptyWhenMissing)));
  const fresh = `${path}.new`;
  const written = await open(fresh, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, 0o600);
  await written.writeFile(render(lines));
  await written.sync();
  await written.close();
  await rename(fresh, path);
  const file = await open(path, "a", 0o600);
  let last: Promise<void> = Promise.resolve();
  return {
    lines,
    append(added) {
      const mine = last.then(() => write(file, added));
      last = mine.catch(() => {
        // Each caller sees its own failure.
      });
      return mine;
    },
    close: () => last.then(() => file.close()),
  };
}

async function write(file: FileHandle, lines: readonly unknown[]): Promise<void> {
  await file.appendFile(render(lines));
  await file.datasync();
}

function render(lines: readonly unknown[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
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
