import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describe, expect, it } from "vitest";
import { createMediaDecryptStream, decodeKey, decryptMedia, encryptMedia, WecomCryptoError } from "./index.ts";

interface MediaVector {
  id: string;
  note: string;
  aeskey: string;
  plainHex: string;
  pad: number;
  cipherBase64: string;
  plainSha256: string;
}
const vectors = JSON.parse(readFileSync(new URL("./fixtures/media.json", import.meta.url), "utf8")) as MediaVector[];
const KEY = vectors[0]!.aeskey;

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function decrypt(bytes: Uint8Array, key: string | Uint8Array = KEY, size = 1024): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of decryptMedia(inPieces(bytes, size), key)) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe("media vectors", () => {
  it.each(vectors)("$id decrypts: $note", async (v) => {
    const plain = await decrypt(Buffer.from(v.cipherBase64, "base64"), v.aeskey);

    expect(plain.toString("hex")).toBe(v.plainHex);
    expect(createHash("sha256").update(plain).digest("hex")).toBe(v.plainSha256);
  });

  it.each(vectors)("$id encrypts to the published bytes", (v) => {
    expect(encryptMedia(Buffer.from(v.plainHex, "hex"), v.aeskey).toString("base64")).toBe(v.cipherBase64);
  });
});

describe("media decryption", () => {
  it.each([1, 7, 16, 31, 32, 33, 64, 100, 4096])(
    "does not depend on how the file arrives: pieces of %i bytes",
    async (size) => {
      const file = Buffer.from(Array.from({ length: 1000 }, (_, i) => i & 255));

      expect(await decrypt(encryptMedia(file, KEY), KEY, size)).toEqual(file);
    },
  );

  it("takes the 32 bytes of a key as well as its text", async () => {
    expect((await decrypt(encryptMedia(Buffer.from("file"), KEY), decodeKey(KEY))).toString()).toBe("file");
  });

  it("works in a pipeline of streams", async () => {
    const file = Buffer.alloc(300_000, "wecom");
    const received: Buffer[] = [];

    await pipeline(
      Readable.from(inPieces(encryptMedia(file, KEY), 5000)),
      createMediaDecryptStream(KEY),
      async (source) => {
        for await (const piece of source) received.push(piece as Buffer);
      },
    );

    expect(Buffer.concat(received)).toEqual(file);
  });

  it("holds back no more than 32 bytes of a long file", async () => {
    const cipher = encryptMedia(Buffer.alloc(1 << 20, 7), KEY);
    let taken = 0;
    let given = 0;
    let mostHeld = 0;
    async function* source(): AsyncGenerator<Uint8Array> {
      for await (const piece of inPieces(cipher, 4096)) {
        mostHeld = Math.max(mostHeld, taken - given);
        taken += piece.length;
        yield piece;
      }
    }

    for await (const piece of decryptMedia(source(), KEY)) given += piece.length;

    expect(mostHeld).toBeLessThanOrEqual(32);
    expect(given).toBe(1 << 20);
  });

  const whole = encryptMedia(Buffer.from("hello wecom media"), KEY);
  const withPadding = (bytes: readonly number[]): Buffer => {
    // The last block decides; encrypt a raw block whose tail is the wrong padding, then cut off the right one.
    const raw = Buffer.alloc(64, 1);
    Buffer.from(bytes).copy(raw, 64 - bytes.length);
    return encryptMedia(raw, KEY).subarray(0, 64);
  };
  it.each([
    ["an empty file", Buffer.alloc(0), KEY],
    ["a length that is no multiple of 16", whole.subarray(0, 20), KEY],
    ["a file cut after a whole block", whole.subarray(0, 16), KEY],
    ["another key", whole, "A".repeat(43)],
    ["a last byte of 0", withPadding([0]), KEY],
    ["a last byte of 33", withPadding([33]), KEY],
    ["pad bytes that differ", withPadding([3, 9, 3]), KEY],
  ])("is refused for %s", async (_name, bytes, key) => {
    await expect(decrypt(bytes, key)).rejects.toBeInstanceOf(WecomCryptoError);
  });

  it("fails the pipeline when the padding is wrong", async () => {
    const broken = pipeline(Readable.from([withPadding([0])]), createMediaDecryptStream(KEY), async (source) => {
      for await (const _ of source);
    });

    await expect(broken).rejects.toBeInstanceOf(WecomCryptoError);
  });

  it("refuses a key of another size", async () => {
    await expect(decrypt(whole, Buffer.alloc(16))).rejects.toThrow("32 bytes");
  });
});
