import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { parseReference, resolvePart } from "./reference.ts";

describe("what a message quotes", () => {
  it("is read from an inline message", () => {
    const ref = { title: "Ann", message_item: { type: 1, msg_id: "9", text_item: { text: "hi" } } };

    expect(parseReference(ref)).toEqual({ messageId: "9", title: "Ann", content: [{ kind: "text", text: "hi" }] });
  });

  it("is read from an id alone, with the part that was selected", () => {
    const partial_text = { start: "a", end: "b", startindex: 1, endindex: 2, quotemd5: "ABC" };

    expect(parseReference({ svr_id: "18446744073709551615", partial_text })).toEqual({
      messageId: "18446744073709551615",
      part: { start: "a", end: "b", startIndex: 1, endIndex: 2, md5: "abc" },
    });
  });

  it("of the bot may be nothing but a time", () => {
    const ref = { message_item: { type: 8, create_time_ms: 1_795_168_800_000, is_completed: true } };

    expect(parseReference(ref)).toEqual({ at: 1_795_168_800_000 });
  });

  it("is nothing where there is no quote", () => {
    expect(parseReference({})).toBeUndefined();
  });
});

describe("a selected part", () => {
  const TEXT = "abcXdefXghiXjkl";
  const PART = { start: "def", end: "X", startIndex: 0, endIndex: 1 };
  const md5 = (text: string) => createHash("md5").update(text).digest("hex");

  it("ends at the occurrence counted from the text's start, without a checksum", () => {
    expect(resolvePart(TEXT, PART)).toBe("defX");
  });

  it("is the one whose checksum fits", () => {
    expect(md5("defXghiX")).toBe("1008566305aac99c28c9183d7637981a");
    expect(resolvePart(TEXT, { ...PART, md5: "1008566305aac99c28c9183d7637981a" })).toBe("defXghiX");
  });

  it("is unknown when no checksum fits, or its words are not there", () => {
    expect(resolvePart(TEXT, { ...PART, md5: md5("other") })).toBeUndefined();
    expect(resolvePart(TEXT, { ...PART, start: "zzz" })).toBeUndefined();
    expect(resolvePart(TEXT, { ...PART, endIndex: 9 })).toBeUndefined();
  });
});
