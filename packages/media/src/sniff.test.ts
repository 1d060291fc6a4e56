import { describe, expect, it } from "vitest";
import { matchesKind, mimeOfFilename, sniff } from "./index.ts";

const bytes = (text: string) => Buffer.concat([Buffer.from(text, "latin1"), Buffer.alloc(64)]);
const PNG = Buffer.concat([
  Buffer.from("89504e470d0a1a0a0000000d494844520000000100000001080600000", "hex"),
  Buffer.alloc(64),
]);
const JPG = Buffer.concat([Buffer.from("ffd8ffe000104a46494600010100", "hex"), Buffer.alloc(64)]);

describe("sniff", () => {
  it.each([
    ["SILK as WeChat writes it", bytes("\x02#!SILK_V3\x0c\x00"), "audio/silk", "silk", "voice"],
    ["SILK without the mark", bytes("#!SILK_V3\x0c\x00"), "audio/silk", "silk", "voice"],
    ["AMR", bytes("#!AMR\n\x3c"), "audio/amr", "amr", "voice"],
    ["AMR wide band", bytes("#!AMR-WB\n"), "audio/amr-wb", "awb", "voice"],
    ["JPG", JPG, "image/jpeg", "jpg", "image"],
    ["PNG", PNG, "image/png", "png", "image"],
    ["GIF", bytes("GIF89a\x01\x00\x01\x00"), "image/gif", "gif", "image"],
    ["WebP", bytes("RIFF\x20\x00\x00\x00WEBPVP8 "), "image/webp", "webp", "image"],
    ["BMP", bytes("BM\x3a\x00\x00\x00"), "image/bmp", "bmp", "image"],
    ["HEIC", bytes("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00heic"), "image/heic", "heic", "image"],
    ["MP4", bytes("\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isom"), "video/mp4", "mp4", "video"],
    ["QuickTime", bytes("\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00"), "video/quicktime", "mov", "video"],
    ["M4A", bytes("\x00\x00\x00\x18ftypM4A \x00\x00\x02\x00M4A "), "audio/x-m4a", "m4a", "voice"],
    ["MP3", bytes("ID3\x04\x00\x00\x00\x00\x00\x00\xff\xfb\x90\x44"), "audio/mpeg", "mp3", "voice"],
    ["WAV", bytes("RIFF\x24\x00\x00\x00WAVEfmt "), "audio/wav", "wav", "voice"],
    ["PDF", bytes("%PDF-1.7\n"), "application/pdf", "pdf", "file"],
  ])("knows %s by its bytes", async (_, head, mime, ext, kind) => {
    expect(await sniff(head)).toEqual({ mime, ext, kind });
  });

  it("lets the name say which kind of zip it is", async () => {
    const zip = bytes("PK\x03\x04\x14\x00");

    expect((await sniff(zip, "报告.docx")).ext).toBe("docx");
    expect((await sniff(zip, "a.zip")).ext).toBe("zip");
    expect((await sniff(zip)).kind).toBe("file");
  });

  it("does not take the name's word for a picture, a sound or a video", async () => {
    const text = Buffer.from("<script>alert(1)</script>");

    expect(await sniff(text, "photo.jpg")).toEqual({ mime: "text/plain", ext: "txt", kind: "file" });
    expect((await sniff(Buffer.from([1, 0, 2, 0]), "voice.amr")).mime).toBe("application/octet-stream");
  });

  it("takes UTF-8 for text, also when the last character is cut", async () => {
    const chinese = Buffer.from("你好世界".repeat(10)).subarray(0, -1);

    expect(await sniff(chinese, "notes.md")).toMatchObject({ mime: "text/markdown", kind: "file" });
    expect(await sniff(chinese)).toMatchObject({ mime: "text/plain" });
  });

  it("answers for nothing, too", async () => {
    expect(await sniff(new Uint8Array())).toEqual({ mime: "application/octet-stream", ext: "bin", kind: "file" });
  });

  it("keeps drawings and documents out of the pictures", async () => {
    const svg = Buffer.from('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"></svg>');

    expect((await sniff(svg, "a.svg")).kind).toBe("file");
  });

  it("matches kinds", async () => {
    expect(await matchesKind("image", JPG)).toBe(true);
    expect(await matchesKind("voice", JPG)).toBe(false);
    expect(await matchesKind("file", JPG)).toBe(true);
  });

  it("knows media types for the formats we send", () => {
    expect(["a.jpg", "a.png", "a.amr", "a.mp4", "a.wav"].map(mimeOfFilename)).toEqual([
      "image/jpeg",
      "image/png",
      "audio/amr",
      "video/mp4",
      "audio/wav",
    ]);
  });
});
