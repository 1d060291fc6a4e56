import { describe, expect, it } from "vitest";
import { amrDurationMs } from "./index.ts";

/** Frames of type 7 (12.2 kbit/s), 32 bytes each. */
function amr(frames: number): Buffer {
  const frame = Buffer.alloc(32);
  frame[0] = 7 << 3;
  return Buffer.concat([Buffer.from("#!AMR\n"), ...Array.from({ length: frames }, () => frame)]);
}

describe("length of an AMR file", () => {
  it("is 20 ms for each frame", async () => {
    expect(await amrDurationMs([amr(50)])).toBe(1000);
  });

  it("does not depend on how the bytes come", async () => {
    const pieces = [...amr(50)].map((byte) => Uint8Array.of(byte));

    expect(await amrDurationMs(pieces)).toBe(1000);
  });

  it("knows frames of different sizes, silence among them", async () => {
    const silence = Buffer.from([8 << 3, 0, 0, 0, 0, 0]);
    const noData = Buffer.from([15 << 3]);

    expect(await amrDurationMs([amr(1), silence, noData, noData])).toBe(80);
  });

  it("counts wide band, too", async () => {
    const frame = Buffer.alloc(61);
    frame[0] = 8 << 3;

    expect(await amrDurationMs([Buffer.from("#!AMR-WB\n"), frame, frame])).toBe(40);
  });

  it("does not count a last frame that is cut off", async () => {
    expect(await amrDurationMs([amr(50).subarray(0, -1)])).toBe(980);
  });

  it("is nothing for an empty recording, and unknown for what is no AMR or broken", async () => {
    expect(await amrDurationMs([Buffer.from("#!AMR\n")])).toBe(0);
    expect(await amrDurationMs([Buffer.from("RIFF....WAVE")])).toBeUndefined();
    expect(await amrDurationMs([Buffer.from("#!AMR\n\x60\x00\x00\x00\x00", "latin1")])).toBeUndefined();
    expect(await amrDurationMs([])).toBeUndefined();
  });
});
