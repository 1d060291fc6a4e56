import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readPieces } from "./read-pieces.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "wxgate-pieces-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A file in which no two pieces are alike. */
async function fileOf(bytes: number): Promise<{ path: string; content: Buffer }> {
  const content = Buffer.alloc(bytes);
  for (let at = 0; at + 4 <= bytes; at += 4) content.writeUInt32LE(at, at);
  const path = join(folder, `${bytes}`);
  await writeFile(path, content);
  return { path, content };
}

describe("a file in pieces", () => {
  it.each([0, 1, 524_287, 524_288, 524_289, 2_000_003])("of %d bytes is whole", async (bytes) => {
    const { path, content } = await fileOf(bytes);
    const pieces: Buffer[] = [];
    // Longer than the next read takes: a buffer that is written too early would show.
    for await (const piece of readPieces(path)) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      pieces.push(Buffer.from(piece));
    }
    expect(Buffer.concat(pieces).equals(content)).toBe(true);
  });

  it("may be left early", async () => {
    const { path, content } = await fileOf(3_000_000);
    for await (const piece of readPieces(path)) {
      expect(content.subarray(0, piece.byteLength).equals(piece)).toBe(true);
      break;
    }
    await rm(path);
  });

  it("that is not there says so", async () => {
    await expect(readPieces(join(folder, "nothing")).next()).rejects.toMatchObject({ code: "ENOENT" });
  });
});
