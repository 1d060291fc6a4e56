import { describe, expect, it } from "vitest";
import { numberField, objectField, textField } from "./json.ts";

describe("a field that a platform writes in several ways", () => {
  it("is the first that holds something of its kind", () => {
    const source = { a: "", b: null, c: 7, d: "text", e: "12", f: [], g: { x: 1 } };

    expect(textField(source, "a", "b", "c", "d")).toBe("7");
    expect(numberField(source, "a", "d", "e", "c")).toBe(12);
    expect(objectField(source, "f", "b", "g")).toEqual({ x: 1 });
  });

  it("is nothing where none of them does", () => {
    const source = { a: "", b: "1e999", c: [] };

    expect([textField(source, "a", "missing"), numberField(source, "a", "b"), objectField(source, "c")]).toEqual([
      undefined,
      undefined,
      {},
    ]);
  });
});
