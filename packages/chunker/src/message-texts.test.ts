import { describe, expect, it } from "vitest";
import { chunkMessages, joinMessages, trimMessage } from "./index.ts";

describe("texts that become messages", () => {
  it("lose blank lines around them and keep their indentation", () => {
    expect(trimMessage("\n  \n  first\nsecond \n\n")).toBe("  first\nsecond");
  });

  it("are joined by a blank line", () => {
    expect(joinMessages("first\n", "\n\nsecond")).toBe("first\n\nsecond");
  });

  it("are never blank after a cut", () => {
    const text = `${"a".repeat(10)}\n\n\n\n\n\n\n\n\n\n\n\n\n${"b".repeat(10)}`;

    expect(chunkMessages(text, { maxBytes: 10 })).toEqual(["a".repeat(10), "b".repeat(10)]);
  });
});
