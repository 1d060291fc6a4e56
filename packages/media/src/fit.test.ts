import { describe, expect, it } from "vitest";
import { fileInstead, fitMedia, type MediaRules } from "./index.ts";

const MB = 1024 * 1024;
/** WeChat Customer Service, `media/upload`. */
const KF: MediaRules = {
  image: { formats: ["jpg", "png"], maxBytes: 10 * MB },
  voice: { formats: ["amr"], maxBytes: 2 * MB, maxSeconds: 60 },
  video: { formats: ["mp4"], maxBytes: 10 * MB },
  file: { maxBytes: 20 * MB },
  minBytes: 6,
};
const everything = () => true;
const nothing = () => false;

describe("what may be sent as what", () => {
  it.each([
    ["image", "jpg", 10 * MB, undefined],
    ["image", "png", 6, undefined],
    ["voice", "amr", 2 * MB, 60],
    ["voice", "amr", 100, undefined],
    ["video", "mp4", 10 * MB, undefined],
    ["file", "exe", 20 * MB, undefined],
  ] as const)("%s %s of %i bytes, %s s: as it is", (wanted, format, bytes, seconds) => {
    expect(fitMedia(wanted, { format, bytes, seconds }, KF, everything)).toEqual({ as: "is", kind: wanted });
  });

  it.each([
    ["image", "webp", 100, undefined, "a picture must be JPG or PNG, this is WEBP"],
    ["image", "jpg", 10 * MB + 1, undefined, "a picture may have 10 MB, this has 10.1 MB"],
    ["voice", "mp3", 100, undefined, "a voice message must be AMR, this is MP3"],
    ["voice", "amr", 2 * MB + 1, undefined, "a voice message may have 2 MB, this has 2.1 MB"],
    ["voice", "amr", 100, 60.02, "a voice message may last 60 s, this lasts 60.1 s"],
    ["video", "mov", 100, undefined, "a video must be MP4, this is MOV"],
    ["video", "mp4", 15 * MB, undefined, "a video may have 10 MB, this has 15 MB"],
  ] as const)("%s %s of %i bytes, %s s, without converters: as a file", (wanted, format, bytes, seconds, reason) => {
    expect(fitMedia(wanted, { format, bytes, seconds }, KF, nothing)).toMatchObject({
      as: "file",
      reason: { en: reason },
    });
  });

  it.each([
    ["image", "webp", 100, "jpg", 10 * MB],
    ["image", "png", 12 * MB, "jpg", 10 * MB],
    ["image", "jpg", 50 * MB, "jpg", 10 * MB],
    ["voice", "silk", 100, "amr", 2 * MB],
  ] as const)("%s %s of %i bytes, where that is possible: converted to %s", (wanted, format, bytes, to, maxBytes) => {
    const fit = fitMedia(wanted, { format, bytes }, KF, everything);

    expect(fit).toMatchObject({ as: "convert", kind: wanted, to, maxBytes });
  });

  it("takes the first format there is a converter for", () => {
    const fit = fitMedia("image", { format: "bmp", bytes: 100 }, KF, (_, to) => to === "png");

    expect(fit).toMatchObject({ as: "convert", to: "png" });
  });

  it("does not cut a voice message that is too long, nor make sound worse", () => {
    const fit = fitMedia("voice", { format: "amr", bytes: 100, seconds: 90 }, KF, everything);

    expect(fit.as).toBe("file");
  });

  it.each(["image", "file"] as const)("refuses %s of 5 bytes", (wanted) => {
    expect(fitMedia(wanted, { format: "jpg", bytes: 5 }, KF)).toEqual({
      as: "refused",
      reason: { en: "it has 5 bytes; the platform takes 6 or more", zh: "文件只有 5 字节，平台要求至少 6 字节" },
    });
  });

  it("refuses what is too large for everything, with both reasons", () => {
    expect(fitMedia("video", { format: "mp4", bytes: 21 * MB }, KF)).toEqual({
      as: "refused",
      reason: {
        en: "a video may have 10 MB, this has 21 MB; it has 21 MB; files may have 20 MB",
        zh: "视频不得超过 10 MB，此文件为 21 MB；文件大小为 21 MB，上限为 20 MB",
      },
    });
  });

  it("sends as a file what the platform has no kind for, and refuses where it takes no files", () => {
    const MOVES = { en: "it moves", zh: "动图" };
    const filesOnly: MediaRules = { file: { maxBytes: MB }, minBytes: 1 };

    expect(fitMedia("voice", { format: "amr", bytes: 10 }, filesOnly).as).toBe("file");
    expect(fitMedia("voice", { format: "amr", bytes: 10 }, { minBytes: 1 }).as).toBe("refused");
    expect(fileInstead({ format: "gif", bytes: 10 }, filesOnly, MOVES)).toEqual({
      as: "file",
      reason: MOVES,
    });
  });
});
