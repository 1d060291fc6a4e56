import { describe, expect, it } from "vitest";
import { characterLength, utf8Length } from "./measure.ts";
import { truncateText } from "./truncate-text.ts";

describe("truncateText", () => {
  it("leaves text that fits", () => {
    expect(truncateText("标题", { maxBytes: 6 })).toBe("标题");
  });

  it("ends longer text with an ellipsis, within the limit", () => {
    expect(truncateText("一个很长的标题", { maxCharacters: 4 })).toBe("一个很…");
    expect(utf8Length(truncateText("一个很长的标题", { maxBytes: 10 }))).toBeLessThanOrEqual(10);
  });

  it("keeps graphemes whole", () => {
    expect(truncateText("a👨‍👩‍👧b", { maxCharacters: 4 }, "")).toBe("a");
  });

  it("refuses an ellipsis longer than the limit", () => {
    expect(() => truncateText("abcdef", { maxCharacters: 2 }, "...")).toThrow(RangeError);
  });
});

describe("utf8Length", () => {
  it.each(["", "abc", "é", "中文", "😀", "a\ud83d", "\udc00b", "👨‍👩‍👧"])("agrees with the encoder on %j", (text) => {
    expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length);
  });

  it("counts a part of the text", () => {
    expect(utf8Length("a中b", 1, 2)).toBe(3);
  });
});

describe("characterLength", () => {
  it("counts code points", () => {
    expect(characterLength("a中😀\ud83d")).toBe(4);
  });
});
