import { mkdtemp, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type MediaOpener, RejectedError } from "@wxgate/core";
import { describe, expect, it } from "vitest";
import { createMediaStager, type FileUpload } from "./index.ts";

const PNG = Buffer.from("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489", "hex");

/** @param refused kinds whose upload the platform refuses */
async function harness(content: Uint8Array, filename?: string, refused: readonly string[] = []) {
  const scratchDir = await mkdtemp(join(tmpdir(), "stager-test-"));
  const uploads: { type: string; filename: string; bytes: number | undefined; content: Buffer }[] = [];
  const media: MediaOpener = {
    scratchDir,
    async open() {
      const body = (async function* () {
        yield content;
      })();
      return { body, mime: "application/octet-stream", ...(filename === undefined ? {} : { filename }) };
    },
  };
  const api = {
    async uploadMedia(type: string, file: FileUpload) {
      if (refused.includes(type)) {
        throw new RejectedError(`WeCom refused ${type}`, { code: "wecom.unmapped", platformCode: 93018 });
      }
      const chunks: Uint8Array[] = [];
      for await (const chunk of await file.open()) chunks.push(chunk);
      uploads.push({ type, filename: file.filename, bytes: file.bytes, content: Buffer.concat(chunks) });
      return { mediaId: "MID1", createdAtMs: 0 };
    },
  };
  return { stage: createMediaStager({ api, media }), uploads, leftovers: () => readdir(scratchDir) };
}
const signal = new AbortController().signal;

describe("the media stager", () => {
  it("uploads a picture as a picture and leaves nothing behind", async () => {
    const { stage, uploads, leftovers } = await harness(PNG, "logo.png");

    const staged = await stage({ kind: "image", url: "https://files.test/logo.png" }, signal);

    expect(staged).toEqual({ kind: "image", mediaId: "MID1", filename: "logo.png" });
    expect(uploads).toEqual([{ type: "image", filename: "logo.png", bytes: PNG.length, content: PNG }]);
    expect(await leftovers()).toEqual([]);
  });

  it("sends as a file, with the reason, what is no picture for the platform", async () => {
    const { stage, uploads } = await harness(Buffer.from("GIF89a and so on"), "cat.gif");

    const staged = await stage({ kind: "image", url: "https://files.test/cat.gif" }, signal);

    expect(staged).toMatchObject({
      kind: "file",
      reason: { en: expect.stringContaining("JPG or PNG"), zh: expect.stringContaining("JPG 或 PNG") },
    });
    expect(uploads[0]?.type).toBe("file");
  });

  it("sends as a file what the platform refuses as a picture, and refuses what it takes as neither", async () => {
    const picture = { kind: "image", url: "https://files.test/logo.png" } as const;
    const { stage, uploads } = await harness(PNG, "logo.png", ["image"]);
    const neither = await harness(PNG, "logo.png", ["image", "file"]);

    expect(await stage(picture, signal)).toMatchObject({
      kind: "file",
      reason: { en: "WeCom refused the file (errcode 93018)", zh: "企业微信拒绝了该文件（错误码 93018）" },
    });
    expect(uploads).toMatchObject([{ type: "file", filename: "logo.png", content: PNG }]);
    await expect(neither.stage(picture, signal)).rejects.toMatchObject({
      code: "wecom.upload-refused",
      platformCode: 93018,
    });
  });

  it("refuses in words what the platform takes in no form", async () => {
    const { stage, leftovers } = await harness(Buffer.from("tiny"));

    await expect(stage({ kind: "file", text: "tiny" }, signal)).rejects.toMatchObject({
      name: "RejectedError",
      code: "wecom.media-unfit",
      message: expect.stringContaining("4 bytes"),
    });
    expect(await leftovers()).toEqual([]);
  });

  it("gives back what has a media id already", async () => {
    const { stage, uploads } = await harness(PNG);

    expect(await stage({ kind: "voice", mediaId: "MID0" }, signal)).toEqual({ kind: "voice", mediaId: "MID0" });
    expect(uploads).toEqual([]);
  });
});
