import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createConverter,
  type Ffmpeg,
  loadSharp,
  type MediaKind,
  type MediaRules,
  prepareUpload,
  sniff,
  type UploadOptions,
} from "./index.ts";

const RULES: MediaRules = {
  image: { formats: ["jpg", "png"], maxBytes: 20_000 },
  voice: { formats: ["amr"], maxBytes: 2000, maxSeconds: 1 },
  video: { formats: ["mp4"], maxBytes: 10_000 },
  file: { maxBytes: 48 * 1024 },
  minBytes: 6,
};
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "wxgate-upload-"));
});
afterEach(() => rm(dir, { recursive: true }));

function prepare(wanted: MediaKind, bytes: Uint8Array, filename?: string, more: Partial<UploadOptions> = {}) {
  async function* body() {
    yield bytes;
  }
  const { signal } = new AbortController();
  return prepareUpload({ body: body(), filename }, { wanted, rules: RULES, dir, maxBytes: 1e6, signal, ...more });
}

function amr(frames: number): Buffer {
  const frame = Buffer.alloc(32);
  frame[0] = 7 << 3;
  return Buffer.concat([Buffer.from("#!AMR\n"), ...Array.from({ length: frames }, () => frame)]);
}

const md5 = (bytes: Buffer) => createHash("md5").update(bytes).digest("hex");

async function webp(width: number): Promise<Buffer> {
  const noise = { type: "gaussian" as const, mean: 128, sigma: 60 };
  return sharp({ create: { width, height: width, channels: 3, background: "#fff", noise } })
    .webp()
    .toBuffer();
}

describe("preparing an upload", () => {
  it("leaves alone what fits", async () => {
    const upload = await prepare("voice", amr(40), "hello.amr");

    expect(upload).toMatchObject({ kind: "voice", filename: "hello.amr", mime: "audio/amr", bytes: 1286 });
    expect(upload.reason).toBeUndefined();
    expect((await buffer(upload.open())).equals(amr(40))).toBe(true);
    expect(await upload.md5()).toBe(md5(amr(40)));
    await upload.remove();
    expect(await readdir(dir)).toEqual([]);
  });

  it("sends a voice message that is too long as a file, and says so", async () => {
    const upload = await prepare("voice", amr(60), "hello.amr");

    expect(upload.kind).toBe("file");
    expect(upload.reason?.en).toBe("a voice message may last 1 s, this lasts 1.2 s");
  });

  it("converts a picture, its name included, and keeps only the result", async () => {
    const converter = createConverter({ dir, images: await loadSharp() });

    const upload = await prepare("image", await webp(50), "猫.webp", { converter });

    expect(upload).toMatchObject({ kind: "image", filename: "猫.jpg", mime: "image/jpeg" });
    expect(upload.reason?.en).toBe("converted to JPG: a picture must be JPG or PNG, this is WEBP");
    const jpg = await buffer(upload.open());
    expect((await sniff(jpg)).ext).toBe("jpg");
    expect(await upload.md5()).toBe(md5(jpg));
    expect(await readdir(dir)).toHaveLength(1);
  });

  it("makes a picture smaller that would not even go as a file", async () => {
    const converter = createConverter({ dir, images: await loadSharp() });
    const huge = await webp(600);
    expect(huge.length).toBeGreaterThan(RULES.file!.maxBytes);

    const upload = await prepare("image", huge, "a.webp", { converter });

    expect(upload.kind).toBe("image");
    expect(upload.bytes).toBeLessThanOrEqual(20_000);
  });

  it("sends the original as a file when the conversion fails", async () => {
    const converter = createConverter({ dir, images: await loadSharp() });
    const damaged = Buffer.concat([Buffer.from("RIFF\x20\x00\x00\x00WEBPVP8 ", "latin1"), Buffer.alloc(50)]);

    const upload = await prepare("image", damaged, "a.webp", { converter });

    expect(upload).toMatchObject({ kind: "file", filename: "a.webp", bytes: damaged.length });
    expect(upload.reason?.en).toContain("cannot be converted");
    expect(await readdir(dir)).toHaveLength(1);
  });

  it("sends the original as a file when the result does not fit either", async () => {
    const ffmpeg: Ffmpeg = {
      encoders: new Set(["amr_nb"]),
      async run(args) {
        await writeFile(args.at(-1)!.replace(/^file:/, ""), amr(55));
        return "";
      },
    };
    const wav = Buffer.concat([Buffer.from("RIFF\x24\x00\x00\x00WAVEfmt ", "latin1"), Buffer.alloc(100)]);

    const upload = await prepare("voice", wav, "a.wav", { converter: createConverter({ dir, ffmpeg }) });

    expect(upload).toMatchObject({ kind: "file", filename: "a.wav", bytes: wav.length });
    expect(upload.reason?.en).toContain("this lasts 1.1 s");
    expect(await readdir(dir)).toHaveLength(1);
  });

  it("goes by the content, not by the name", async () => {
    const upload = await prepare("image", Buffer.from("just some words"), "photo.jpg");

    expect(upload.kind).toBe("file");
    expect(upload.reason?.en).toContain("this is TXT");
  });

  it("gives a name where there is none and corrects one that misleads", async () => {
    const png = await sharp({ create: { width: 8, height: 8, channels: 3, background: "#fff" } })
      .png()
      .toBuffer();

    expect((await prepare("image", png)).filename).toBe("image.png");
    expect((await prepare("image", png, "../a/photo.heic")).filename).toBe("photo.png");
    expect((await prepare("file", Buffer.from("%PDF-1.7\n....."), "report")).filename).toBe("report.pdf");
    expect((await prepare("file", Buffer.from("a,b\n1,2\n"), "table.csv")).filename).toBe("table.csv");
  });

  it("refuses in words, and leaves nothing behind", async () => {
    await expect(prepare("file", Buffer.alloc(49 * 1024 - 10, 1), "big.bin")).rejects.toMatchObject({
      code: "media.refused",
      message: "big.bin: it has 49.0 KB; files may have 48 KB",
    });
    await expect(prepare("file", Buffer.from("12345"), "a.txt")).rejects.toThrow("5 bytes");
    await expect(prepare("file", Buffer.alloc(2000), "a", { maxBytes: 1000 })).rejects.toMatchObject({
      code: "media.too-large",
    });
    expect(await readdir(dir)).toEqual([]);
  });
});
