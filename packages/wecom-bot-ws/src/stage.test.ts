import { fitMedia } from "@wxgate/media";
import { describe, expect, it } from "vitest";
import { botMediaRules } from "./stage.ts";

const MB = 1024 * 1024;

describe("a file for the bot's upload", () => {
  it.each([
    ["image", "png", 10 * MB, "is"],
    ["image", "jpg", 10 * MB + 1, "file"],
    ["image", "webp", 100, "file"],
    ["video", "mp4", 10 * MB, "is"],
    ["video", "mp4", 10 * MB + 1, "file"],
    ["voice", "amr", 2 * MB, "is"],
    ["voice", "amr", 2 * MB + 1, "file"],
    ["voice", "mp3", 100, "file"],
    ["file", "pdf", 20 * MB, "is"],
    ["file", "pdf", 20 * MB + 1, "refused"],
    ["video", "mp4", 20 * MB + 1, "refused"],
  ] as const)("that is %s, %s, of %i bytes goes as: %s", (wanted, format, bytes, as) => {
    expect(fitMedia(wanted, { format, bytes }, botMediaRules(10 * MB)).as).toBe(as);
  });
});
