import { describe, expect, it } from "vitest";
import { release } from "./release.ts";

const BYTES = 64 * 1024;

describe("a chunk that is released", () => {
  it("holds no memory any more", () => {
    const chunk = Buffer.from(new ArrayBuffer(BYTES));

    release(chunk);

    expect(chunk.length).toBe(0);
    expect(chunk.buffer.byteLength).toBe(0);
  });

  it.each([
    ["is part of a larger buffer", new Uint8Array(2 * BYTES).fill(7).subarray(BYTES)],
    ["is small", new Uint8Array(100).fill(7)],
    ["is shared between threads", new Uint8Array(new SharedArrayBuffer(BYTES)).fill(7)],
  ])("stays when it %s", (_why, chunk) => {
    const { byteLength } = chunk;

    release(chunk);

    expect(chunk.byteLength).toBe(byteLength);
    expect(chunk.every((byte) => byte === 7)).toBe(true);
  });

  it("may be empty", () => {
    expect(() => release(new Uint8Array(0))).not.toThrow();
  });
});
