import { createTestClock } from "@wxgate/testing";
import { encryptMedia } from "@wxgate/wecom-crypto";
import { describe, expect, it } from "vitest";
import { createBotMedia } from "./media.ts";

const KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const OTHER_KEY = Buffer.alloc(32, 9).toString("base64");
const VECTOR = "6c18ef7939e6c90b61105034be4971e0bc934565924a5ed562eeb5da8c771a03";
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const URL_ = "https://bucket.cos.ap-guangzhou.myqcloud.com/f?sign=CANARY";
const signal = new AbortController().signal;

function opener(
  answer: (url: string) => Response,
  config = { url: "wss://openws.work.weixin.qq.com", mediaHosts: [] as string[] },
) {
  const clock = createTestClock(0);
  const asked: string[] = [];
  const fetch = async (input: string | URL | Request) => {
    asked.push(String(input));
    return answer(String(input));
  };
  return { open: createBotMedia({ config, ports: { fetch, clock } }), clock, asked };
}

const served = (bytes: Uint8Array, headers: Record<string, string> = {}) =>
  new Response(Buffer.from(bytes), { headers });

async function read(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts);
}

describe("a file of a message", () => {
  it("is decrypted with the key beside its address", async () => {
    const { open } = opener(() => served(Buffer.from(VECTOR, "hex")));

    const { body } = await open({ kind: "file", url: URL_, aeskey: KEY }, signal);

    expect((await read(body)).toString()).toBe("hello wecom");
  });

  it("is what its bytes say, and is called what the server says", async () => {
    const { open } = opener(() =>
      served(encryptMedia(PNG, KEY), { "content-disposition": "attachment; filename*=UTF-8''%E5%9B%BE.png" }),
    );

    const { mime, filename, body } = await open({ kind: "image", url: URL_, aeskey: KEY.replace("=", "") }, signal);

    expect({ mime, filename }).toEqual({ mime: "image/png", filename: "图.png" });
    expect(await read(body)).toEqual(PNG);
  });

  it.each(["image", "video", "file"])("with a wrong key is a clear sentence, never garbage: %s", async (kind) => {
    const { open } = opener(() => served(encryptMedia(PNG, OTHER_KEY)));

    const opened = async () => read((await open({ kind, url: URL_, aeskey: KEY }, signal)).body);

    await expect(opened()).rejects.toMatchObject({
      name: "RejectedError",
      code: "wecom-bot.media-key",
      message: expect.stringContaining("cannot be read"),
    });
  });

  it("that is no picture is not handed on as one", async () => {
    const { open } = opener(() => served(encryptMedia(Buffer.from("just words, no picture"), KEY)));

    await expect(open({ kind: "image", url: URL_, aeskey: KEY }, signal)).rejects.toMatchObject({
      name: "RejectedError",
    });
  });

  it("is asked for again while the server is busy", async () => {
    let busy = 2;
    const { open, clock } = opener(() =>
      busy-- > 0 ? new Response("busy", { status: 503 }) : served(encryptMedia(PNG, KEY)),
    );

    const opening = open({ kind: "image", url: URL_, aeskey: KEY }, signal);
    await clock.advance(5_000);

    expect((await opening).mime).toBe("image/png");
  });

  it("whose address is dead says so", async () => {
    const { open } = opener(() => new Response("gone", { status: 403 }));

    await expect(open({ kind: "file", url: URL_ }, signal)).rejects.toMatchObject({ code: "wecom-bot.media-expired" });
  });

  it.each([
    "http://127.0.0.1:8788/api/channels",
    "https://evil.example/f",
    "https://qq.com.evil.example/f",
    "http://openws.work.weixin.qq.com/f",
    "file:///etc/passwd",
    "no address",
  ])("is not fetched from %j", async (url) => {
    const { open, asked } = opener(() => served(PNG));

    await expect(open({ kind: "image", url }, signal)).rejects.toMatchObject({ code: "wecom-bot.media-host" });
    expect(asked).toEqual([]);
  });

  it("is not followed to a foreign host", async () => {
    const { open, asked } = opener(
      () => new Response(null, { status: 302, headers: { location: "http://169.254.169.254/" } }),
    );

    await expect(open({ kind: "image", url: URL_ }, signal)).rejects.toMatchObject({ code: "wecom-bot.media-host" });
    expect(asked).toHaveLength(1);
  });

  it("is fetched from the configured platform and from hosts that were named", async () => {
    const config = { url: "ws://127.0.0.1:9100/bot/ws", mediaHosts: ["files.corp.example"] };
    const { open } = opener(() => served(encryptMedia(PNG, KEY)), config);

    for (const url of ["http://127.0.0.1:9100/cdn/bot/1", "https://files.corp.example/2"]) {
      expect((await open({ kind: "image", url, aeskey: KEY }, signal)).mime).toBe("image/png");
    }
  });

  it("keeps its signed address out of errors", async () => {
    const { open } = opener((url) => {
      throw new TypeError(`fetch failed: ${url}`);
    });

    const error = await open({ kind: "image", url: URL_ }, signal).catch((thrown: unknown) => thrown);

    expect(String((error as Error).message)).not.toContain("CANARY");
  });
});
