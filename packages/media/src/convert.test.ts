import { chmod, copyFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { encode } from "silk-wasm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createConverter, decodeSilk, detectFfmpeg, type Ffmpeg, loadSharp, MediaError, sniff } from "./index.ts";

let dir: string;
let work: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "wxgate-convert-"));
  work = join(dir, "work");
});
afterEach(() => rm(dir, { recursive: true }));

async function file(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, bytes);
  return path;
}

async function silk(seconds = 1): Promise<Buffer> {
  const pcm = Buffer.alloc(24_000 * 2 * seconds);
  for (let i = 0; i < pcm.length / 2; i++) pcm.writeInt16LE(Math.round(Math.sin(i / 20) * 8000), i * 2);
  return Buffer.from((await encode(pcm, 24_000)).data);
}

function picture(width: number, height: number): Sharp {
  const noise = { type: "gaussian" as const, mean: 128, sigma: 60 };
  return sharp({ create: { width, height, channels: 3, background: "#fff", noise } });
}

/** An ffmpeg that notes its arguments and writes a file of so many bytes. */
function fakeFfmpeg({ writes = 100, encoders = ["libopencore_amrnb"] } = {}) {
  const runs: string[][] = [];
  const ffmpeg: Ffmpeg = {
    encoders: new Set(encoders),
    async run(args) {
      runs.push([...args]);
      await writeFile(args.at(-1)!.replace(/^file:/, ""), Buffer.alloc(writes));
      return "";
    },
  };
  return { ffmpeg, runs };
}

describe("SILK to WAV", () => {
  it("gives PCM at 24 kHz behind a header of 44 bytes", async () => {
    const wav = await decodeSilk(await silk(1));

    expect(await sniff(wav)).toMatchObject({ mime: "audio/wav" });
    expect(wav.readUInt32LE(24)).toBe(24_000);
    expect(wav.readUInt32LE(40)).toBe(wav.length - 44);
    expect(wav.length - 44).toBe(48_000);
  });

  it("takes files without WeChat's mark", async () => {
    const marked = await silk(1);

    expect((await decodeSilk(marked.subarray(1))).equals(await decodeSilk(marked))).toBe(true);
  });

  it("says that a damaged file is damaged", async () => {
    const damaged = Buffer.concat([Buffer.from("\x02#!SILK_V3"), Buffer.alloc(1000, 255)]);

    await expect(decodeSilk(damaged)).rejects.toMatchObject({ code: "media.conversion-failed" });
    await expect(decodeSilk(Buffer.from("#!AMR\n"))).rejects.toThrow("no SILK");
  });

  it("keeps to its limits of time and size, and stops when told to", async () => {
    const voice = await silk(5);

    await expect(decodeSilk(voice, { timeoutMs: 1 })).rejects.toThrow("longer than 1 ms");
    await expect(decodeSilk(voice, { maxBytes: 10 })).rejects.toMatchObject({ code: "media.too-large" });
    await expect(decodeSilk(voice, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
  });

  it("needs neither sharp nor ffmpeg", async () => {
    const converter = createConverter({ dir: work });
    const path = await file("a.silk", await silk());

    const wav = await converter.convert({ path, from: "silk", to: "wav", maxBytes: 1e6 });

    expect(wav.bytes).toBe(48_044);
    await wav.remove();
    expect(await readdir(work)).toEqual([]);
  });
});

describe("pictures", () => {
  it("come out as JPG or PNG", async () => {
    const converter = createConverter({ dir: work, images: await loadSharp() });
    const path = await file("a.webp", await picture(50, 40).webp().toBuffer());

    const jpg = await converter.convert({ path, from: "webp", to: "jpg", maxBytes: 1e6 });
    const png = await converter.convert({ path, from: "webp", to: "png", maxBytes: 1e6 });

    expect((await sniff(await readFile(jpg.path))).ext).toBe("jpg");
    expect((await sniff(await readFile(png.path))).ext).toBe("png");
  });

  it("are made smaller until they fit", async () => {
    const converter = createConverter({ dir: work, images: await loadSharp() });
    const path = await file("a.jpg", await picture(1500, 1000).jpeg({ quality: 100 }).toBuffer());

    const small = await converter.convert({ path, from: "jpg", to: "jpg", maxBytes: 60_000 });

    const { width, height } = await sharp(small.path).metadata();
    expect(small.bytes).toBeLessThanOrEqual(60_000);
    expect(width / height).toBeCloseTo(1.5, 1);
    expect(await readdir(work)).toHaveLength(1);
  });

  it("lie on white where they were transparent", async () => {
    const clear = sharp({ create: { width: 8, height: 8, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } });
    const converter = createConverter({ dir: work, images: await loadSharp() });
    const path = await file("a.png", await clear.png().toBuffer());

    const jpg = await converter.convert({ path, from: "png", to: "jpg", maxBytes: 1e6 });

    const [red] = await sharp(jpg.path).raw().toBuffer();
    expect(red).toBeGreaterThan(250);
  });

  it("are left alone when they move", async () => {
    const frames = await Promise.all([picture(8, 8).png().toBuffer(), picture(8, 8).png().toBuffer()]);
    const converter = createConverter({ dir: work, images: await loadSharp() });
    const path = await file(
      "a.gif",
      await sharp(frames, { join: { animated: true } })
        .gif()
        .toBuffer(),
    );

    await expect(converter.convert({ path, from: "gif", to: "jpg", maxBytes: 1e6 })).rejects.toThrow("animated");
  });

  it("fail in words when damaged or impossible to shrink, and leave nothing behind", async () => {
    const converter = createConverter({ dir: work, images: await loadSharp() });
    const damaged = await file("a.png", Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), Buffer.alloc(50)]));
    const fine = await file("b.jpg", await picture(300, 300).jpeg().toBuffer());

    await expect(converter.convert({ path: damaged, from: "png", to: "jpg", maxBytes: 1e6 })).rejects.toBeInstanceOf(
      MediaError,
    );
    await expect(converter.convert({ path: fine, from: "jpg", to: "jpg", maxBytes: 100 })).rejects.toThrow("100 bytes");
    expect(await readdir(work)).toEqual([]);
  });

  it("cannot be converted without sharp, and that is known beforehand", async () => {
    const converter = createConverter({ dir: work });

    expect(converter.can("webp", "jpg")).toBe(false);
    await expect(converter.convert({ path: "x", from: "webp", to: "jpg", maxBytes: 1 })).rejects.toThrow(
      "no converter from WEBP to JPG",
    );
  });

  it("are read from the formats people send, documents not among them", async () => {
    const { formats } = (await loadSharp())!;

    expect([...formats]).toEqual(expect.arrayContaining(["jpg", "png", "webp", "gif"]));
    expect(formats).not.toContain("svg");
    expect(formats).not.toContain("pdf");
  });
});

describe("sound by ffmpeg", () => {
  it("becomes AMR at 8 kHz, read by a named reader and from a file only", async () => {
    const { ffmpeg, runs } = fakeFfmpeg();
    const converter = createConverter({ dir: work, ffmpeg });

    const amr = await converter.convert({ path: "/in/a.mp3", from: "mp3", to: "amr", maxBytes: 1000 });

    const args = runs[0]!.join(" ");
    expect(args).toContain("-protocol_whitelist file -f mp3 -i file:/in/a.mp3");
    expect(args).toContain("-ac 1 -ar 8000 -c:a libopencore_amrnb");
    expect(args).toContain("-fs 1001");
    expect(amr.bytes).toBe(100);
  });

  it("takes SILK by way of WAV", async () => {
    const { ffmpeg, runs } = fakeFfmpeg();
    const converter = createConverter({ dir: work, ffmpeg });
    const path = await file("a.silk", await silk());

    await converter.convert({ path, from: "silk", to: "amr", maxBytes: 1000 });

    expect(runs[0]!.join(" ")).toMatch(/-f wav -i file:\S+\.wav/);
    expect(await readdir(work)).toHaveLength(1);
  });

  it("fails when the result is larger than allowed, and leaves nothing behind", async () => {
    const converter = createConverter({ dir: work, ffmpeg: fakeFfmpeg({ writes: 1001 }).ffmpeg });

    await expect(converter.convert({ path: "a", from: "wav", to: "amr", maxBytes: 1000 })).rejects.toThrow(
      "1000 bytes",
    );
    expect(await readdir(work)).toEqual([]);
  });

  it("is possible only with the encoder for it", () => {
    const without = createConverter({ dir: work, ffmpeg: fakeFfmpeg({ encoders: ["libmp3lame"] }).ffmpeg });

    expect(without.can("mp3", "amr")).toBe(false);
    expect(without.can("amr", "mp3")).toBe(true);
    expect(without.can("amr", "wav")).toBe(true);
    expect(without.can("bmp", "png")).toBe(true);
    expect(without.can("pdf", "amr")).toBe(false);
    expect(without.can("mp3", "mp3")).toBe(false);
  });
});

describe("finding ffmpeg", () => {
  const LISTING = [
    "Encoders:",
    " V..... = Video",
    " ------",
    " A....D libopencore_amrnb    OpenCORE AMR-NB (Adaptive Multi-Rate Narrow-Band) (codec amr_nb)",
    " V....D png                  PNG (Portable Network Graphics) image",
  ].join("\n");

  async function script(body: string): Promise<string> {
    const path = await file("ffmpeg", Buffer.from(`#!${process.execPath}\n${body}`));
    await chmod(path, 0o700);
    return path;
  }

  it("reads the encoders from its list", async () => {
    const command = await script(`process.stdout.write(${JSON.stringify(LISTING)})`);

    const ffmpeg = await detectFfmpeg({ command });

    expect([...ffmpeg!.encoders]).toEqual(expect.arrayContaining(["libopencore_amrnb", "png"]));
  });

  it("says that there is none", async () => {
    expect(await detectFfmpeg({ command: join(dir, "nothing") })).toBeUndefined();
  });

  it("hands over no environment but the one it was given", async () => {
    const command = await script("process.stdout.write(JSON.stringify(Object.keys(process.env)))");
    const ffmpeg = await detectFfmpeg({ command, env: { PATH: "/usr/bin" } });

    const output = await ffmpeg!.run([], { timeoutMs: 5000 });

    expect(JSON.parse(output)).toEqual(["PATH"]);
  });

  it("keeps its last words as the cause when it fails", async () => {
    const command = await script('if (process.argv[2] === "x") { console.error("Invalid data"); process.exit(3); }');
    const ffmpeg = await detectFfmpeg({ command });

    await expect(ffmpeg!.run(["x"], { timeoutMs: 5000 })).rejects.toMatchObject({
      message: "ffmpeg ended with code 3",
      cause: { message: "Invalid data" },
    });
  });

  it("is ended when it takes too long or is no longer wanted", async () => {
    const command = await script('if (process.argv[2] === "x") setTimeout(() => {}, 60000);');
    const ffmpeg = await detectFfmpeg({ command });

    await expect(ffmpeg!.run(["x"], { timeoutMs: 200 })).rejects.toThrow("ended after 200 ms");
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error("enough")), 200);
    await expect(ffmpeg!.run(["x"], { timeoutMs: 60_000, signal: abort.signal })).rejects.toThrow("enough");
  });

  it("converts for real where it is installed", async (context) => {
    const ffmpeg = await detectFfmpeg();
    const converter = createConverter({ dir: work, ffmpeg });
    if (!converter.can("wav", "mp3")) return context.skip("install ffmpeg to run this: apt-get install ffmpeg");
    const path = await file("a.silk", await silk(2));
    const wav = await converter.convert({ path, from: "silk", to: "wav", maxBytes: 1e6 });
    await copyFile(wav.path, join(dir, "a.wav"));

    const mp3 = await converter.convert({ path: join(dir, "a.wav"), from: "wav", to: "mp3", maxBytes: 1e6 });

    expect((await sniff(await readFile(mp3.path))).ext).toBe("mp3");
  });
});
