import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decrypt, encrypt, encryptedSize } from "./crypto.ts";
import { decodeKey, encodeKey } from "./keys.ts";

const KEY = Buffer.from("00112233445566778899aabbccddeeff", "hex");

async function* parts(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
async function all(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe("files on the media server", () => {
  it.each([
    ["", "00657ea140655a44782747705d422fad"],
    ["hello", "9d86c8612e085e93a235794a708af7a9"],
    ["0123456789abcdef", "aebdd39b144089d5e31cacd35b7a113a00657ea140655a44782747705d422fad"],
  ])("are encrypted as the published vector for %j says", async (plain, cipher) => {
    const encrypted = await all(encrypt(parts(Buffer.from(plain)), KEY));

    expect(encrypted.toString("hex")).toBe(cipher);
    expect(encrypted.length).toBe(encryptedSize(Buffer.byteLength(plain)));
    expect((await all(decrypt(parts(encrypted), KEY))).toString()).toBe(plain);
  });

  it("come back unchanged, however they are cut on the way", async () => {
    const chunk = fc.uint8Array({ maxLength: 70 });
    await fc.assert(
      fc.asyncProperty(fc.array(chunk, { maxLength: 8 }), fc.integer({ min: 1, max: 40 }), async (chunks, step) => {
        const plain = Buffer.concat(chunks);
        const encrypted = await all(encrypt(parts(...chunks), KEY));
        const cut = Array.from({ length: Math.ceil(encrypted.length / step) }, (_, n) =>
          encrypted.subarray(n * step, (n + 1) * step),
        );

        expect(encrypted.length).toBe(encryptedSize(plain.length));
        expect((await all(decrypt(parts(...cut), KEY))).equals(plain)).toBe(true);
      }),
    );
  });

  it("fail with a reason when the end is missing or the key is wrong", async () => {
    const encrypted = await all(encrypt(parts(Buffer.alloc(100, 1)), KEY));

    await expect(all(decrypt(parts(encrypted.subarray(0, 50)), KEY))).rejects.toMatchObject({
      code: "ilink.media-broken",
    });
    await expect(all(decrypt(parts(encrypted), Buffer.alloc(16, 7)))).rejects.toMatchObject({
      code: "ilink.media-broken",
    });
  });
});

describe("keys", () => {
  it.each([
    ["base64 of the bytes", "ABEiM0RVZneImaq7zN3u/w=="],
    ["the same without padding", "ABEiM0RVZneImaq7zN3u/w"],
    ["base64 of the hex characters", "MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJiY2NkZGVlZmY="],
    ["bare hex characters", "00112233445566778899aabbccddeeff"],
    ["bare hex characters in capitals", "00112233445566778899AABBCCDDEEFF"],
  ])("are read as %s", (_name, text) => {
    expect(decodeKey(text)?.equals(KEY)).toBe(true);
  });

  it.each(["", "short", "not base64!!", "AAAA", "ABEiM0RVZneImaq7zN3u/w==AA"])("are nothing in %j", (text) => {
    expect(decodeKey(text)).toBeUndefined();
  });

  it("are sent as base64 of the hex characters", () => {
    expect(encodeKey(KEY)).toBe("MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJiY2NkZGVlZmY=");
  });
});
