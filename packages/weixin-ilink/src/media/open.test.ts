import { createCipheriv } from "node:crypto";
import { describe, expect, it } from "vitest";
import { CDN } from "../test-support/fake-ilink.ts";
import { startIlink } from "../test-support/start-ilink.ts";

const KEY = "00112233445566778899aabbccddeeff";
const PNG = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");

function encrypted(plain: Buffer): Buffer {
  const cipher = createCipheriv("aes-128-ecb", Buffer.from(KEY, "hex"), null);
  return Buffer.concat([cipher.update(plain), cipher.final()]);
}
const bytes = (buffer: Buffer) => new Response(new Uint8Array(buffer));
const url = `${CDN}/download?encrypted_query_param=x`;

describe("a file that a person sent", () => {
  it("is downloaded and decrypted", async () => {
    const h = startIlink();
    h.ilink.on("download", () => bytes(encrypted(Buffer.from("hello"))));

    expect((await h.collect({ kind: "file", url, key: KEY })).bytes.toString()).toBe("hello");
  });

  it("is asked for by its parameter, encoded, where it has no address", async () => {
    const h = startIlink();
    h.ilink.on("download", () => bytes(encrypted(Buffer.from("hello"))));

    await h.collect({ kind: "file", param: "a+/=", key: KEY });

    expect(h.ilink.named("download")[0]?.url.href).toBe(`${CDN}/download?encrypted_query_param=a%2B%2F%3D`);
  });

  it("may be a picture without a key, or plain beside one", async () => {
    const h = startIlink();
    h.ilink.on("download", () => bytes(PNG));

    expect((await h.collect({ kind: "image", url })).bytes.equals(PNG)).toBe(true);
    expect((await h.collect({ kind: "image", url, key: KEY })).bytes.equals(PNG)).toBe(true);
  });

  it("of speech that cannot be decoded comes as it is", async () => {
    const h = startIlink();
    const silk = Buffer.from("\x02#!SILK_V3 and then nothing of use");
    h.ilink.on("download", () => bytes(encrypted(silk)));

    const { bytes: found, mime } = await h.collect({ kind: "voice", url, key: KEY });

    expect(mime).toBe("audio/silk");
    expect(found.equals(silk)).toBe(true);
  });

  it("of another sound than speech comes as it is", async () => {
    const h = startIlink();
    h.ilink.on("download", () => bytes(encrypted(Buffer.from("ID3 some mp3"))));

    expect((await h.collect({ kind: "voice", url, key: KEY })).bytes.toString()).toBe("ID3 some mp3");
  });

  it.each([
    ["https://evil.test/x", "ilink.media-host"],
    ["http://novac2c.cdn.weixin.qq.com/c2c/x", "ilink.media-host"],
    ["https://weixin.qq.com@evil.test/x", "ilink.media-host"],
    ["file:///etc/passwd", "ilink.media-host"],
  ])("is not fetched from %s", async (address, code) => {
    const h = startIlink();

    await expect(h.collect({ kind: "file", url: address, key: KEY })).rejects.toMatchObject({
      name: "RejectedError",
      code,
    });
    expect(h.ilink.calls).toEqual([]);
  });

  it("is not fetched where a redirect leads elsewhere", async () => {
    const h = startIlink();
    h.ilink.on("download", () => new Response("", { status: 302, headers: { location: "http://169.254.169.254/" } }));

    await expect(h.collect({ kind: "file", url, key: KEY })).rejects.toMatchObject({ code: "ilink.media-host" });
    expect(h.ilink.calls).toHaveLength(1);
  });

  it.each([
    [404, "RejectedError", "ilink.media-gone"],
    [500, "TransientError", "ilink.media-status"],
  ])("is told apart: HTTP %i", async (status, name, code) => {
    const h = startIlink();
    h.ilink.on("download", () => new Response("", { status }));

    await expect(h.collect({ kind: "file", url, key: KEY })).rejects.toMatchObject({ name, code });
  });

  it.each([
    [{ kind: "file", url }, "ilink.media-without-key"],
    [{ kind: "file", url, key: "nonsense" }, "ilink.media-key"],
    [{ kind: "file", key: KEY }, "ilink.no-media"],
  ])("cannot be opened by %j", async (ref, code) => {
    const h = startIlink();
    h.ilink.on("download", () => bytes(encrypted(Buffer.from("x"))));

    await expect(h.collect(ref)).rejects.toMatchObject({ name: "RejectedError", code });
  });
});
