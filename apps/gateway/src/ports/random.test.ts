import { describe, expect, it } from "vitest";
import { systemRandom } from "./random.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe("random bytes", () => {
  it("come in the length that is asked for, and never twice", () => {
    const lengths = Array.from({ length: 5_000 }, (_, index) => 8 + (index % 90));

    const drawn = lengths.map((length) => systemRandom.bytes(length));

    expect(drawn.map((bytes) => bytes.length)).toEqual(lengths);
    expect(new Set(drawn.map(hex)).size).toBe(lengths.length);
    expect(new Set(drawn.map((bytes) => hex(bytes.subarray(0, 8)))).size).toBe(lengths.length);
  });

  it("stay as they are for whoever took them", () => {
    const key = systemRandom.bytes(16);
    const before = hex(key);

    for (let taken = 0; taken < 10_000; taken += 1) systemRandom.bytes(16).fill(0);

    expect(hex(key)).toBe(before);
  });
});
