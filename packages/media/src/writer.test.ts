import { describe, expect, it } from "vitest";
import { createWriter } from "./writer.ts";

const MIB = 1024 * 1024;
type File = Parameters<typeof createWriter>[0];

/** A disk that takes at most `mostBytes` at once, nothing before it is `ready`, and says what it was asked. */
function createDisk({ mostBytes = Number.POSITIVE_INFINITY, ready = Promise.resolve() } = {}) {
  const written: Buffer[] = [];
  const calls: string[] = [];
  const failing = new Map<string, Error>();
  async function take(name: string, bytes: Buffer) {
    calls.push(name);
    await ready;
    const failure = failing.get(name);
    if (failure !== undefined) throw failure;
    const taken = Buffer.from(bytes.subarray(0, mostBytes));
    written.push(taken);
    return { bytesWritten: taken.length };
  }
  const file = {
    writev: (chunks: readonly Uint8Array[]) => take("writev", Buffer.concat(chunks)),
    write: (chunk: Buffer, at: number) => take("write", chunk.subarray(at)),
    datasync: () => take("datasync", Buffer.alloc(0)),
    sync: () => take("sync", Buffer.alloc(0)),
  } as unknown as File;
  return { file, calls, content: () => Buffer.concat(written), fail: (name: string) => failing.set(name, full) };
}
const full = new Error("the disk is full");

async function writeAll(file: File, bytes: Buffer, { durable = false, chunkBytes = 65_536 } = {}): Promise<void> {
  const writer = createWriter(file, { durable, releasesChunks: false });
  for (let at = 0; at < bytes.length; at += chunkBytes) await writer.write(bytes.subarray(at, at + chunkBytes));
  await writer.end();
}
const pattern = (bytes: number) => Buffer.from(Uint8Array.from({ length: bytes }, (_, index) => index % 251));

describe("what is written to a file", () => {
  it.each([0, 1, 65_536, 3 * MIB + 7])("is all of %i bytes, in few large writes", async (bytes) => {
    const disk = createDisk();

    await writeAll(disk.file, pattern(bytes));

    expect(disk.content().equals(pattern(bytes))).toBe(true);
    expect(disk.calls.length).toBeLessThanOrEqual(bytes / (512 * 1024) + 1);
  });

  it("is all of it where the disk takes a part at a time", async () => {
    const disk = createDisk({ mostBytes: 100_000 });

    await writeAll(disk.file, pattern(2 * MIB));

    expect(disk.content().equals(pattern(2 * MIB))).toBe(true);
  });

  it("is brought to the disk on the way, and all of it at the end", async () => {
    const disk = createDisk();

    await writeAll(disk.file, Buffer.alloc(40 * MIB), { durable: true });

    expect(disk.calls.filter((name) => name === "datasync")).toHaveLength(2);
    expect(disk.calls.at(-1)).toBe("sync");
  });

  it.each([true, false])("leaves its chunks no memory if they are given away (%s)", async (releasesChunks) => {
    const disk = createDisk();
    const chunks = Array.from({ length: 40 }, (_, index) => new Uint8Array(65_536).fill(index));
    const writer = createWriter(disk.file, { durable: false, releasesChunks });

    for (const chunk of chunks) await writer.write(chunk);
    await writer.end();

    expect(disk.content().equals(Buffer.concat(chunks.map((_, index) => Buffer.alloc(65_536, index))))).toBe(true);
    expect(chunks.every((chunk) => chunk.byteLength === (releasesChunks ? 0 : 65_536))).toBe(true);
  });

  it("waits once much is not written, and no sooner", async () => {
    let turn = () => {};
    const ready = new Promise<void>((resolve) => {
      turn = resolve;
    });
    const disk = createDisk({ ready });
    const writer = createWriter(disk.file, { durable: false, releasesChunks: false });
    let taken = 0;

    const all = (async () => {
      for (; taken < 64; taken += 1) await writer.write(new Uint8Array(MIB));
      await writer.end();
    })();
    await new Promise((resolve) => setTimeout(resolve, 20));

    expect(taken).toBeGreaterThan(8);
    expect(taken).toBeLessThan(32);
    turn();
    await all;
    expect(disk.content().length).toBe(64 * MIB);
  });

  it.each(["writev", "datasync", "sync"])("fails when a %s failed, however long before the end", async (name) => {
    const disk = createDisk();
    disk.fail(name);

    await expect(writeAll(disk.file, Buffer.alloc(40 * MIB), { durable: true })).rejects.toBe(full);
  });
});
