import { describe, expect, it } from "vitest";
import { applyPatch } from "./json-patch.ts";

describe("a change of state", () => {
  // The examples of RFC 6902, appendix A.
  it.each([
    [{ foo: "bar" }, [{ op: "add", path: "/baz", value: "qux" }], { foo: "bar", baz: "qux" }],
    [{ foo: ["bar", "baz"] }, [{ op: "add", path: "/foo/1", value: "qux" }], { foo: ["bar", "qux", "baz"] }],
    [{ foo: ["bar"] }, [{ op: "add", path: "/foo/-", value: ["abc"] }], { foo: ["bar", ["abc"]] }],
    [{ baz: "qux", foo: "bar" }, [{ op: "remove", path: "/baz" }], { foo: "bar" }],
    [{ foo: ["bar", "qux", "baz"] }, [{ op: "remove", path: "/foo/1" }], { foo: ["bar", "baz"] }],
    [{ baz: "qux" }, [{ op: "replace", path: "/baz", value: "boo" }], { baz: "boo" }],
    [
      { foo: { bar: 1 }, qux: {} },
      [{ op: "move", from: "/foo/bar", path: "/qux/thud" }],
      { foo: {}, qux: { thud: 1 } },
    ],
    [{ foo: [1, 2, 3] }, [{ op: "move", from: "/foo/1", path: "/foo/2" }], { foo: [1, 3, 2] }],
    [{ a: { b: 1 } }, [{ op: "copy", from: "/a", path: "/c" }], { a: { b: 1 }, c: { b: 1 } }],
    [{ "/": 9, "~1": 10 }, [{ op: "test", path: "/~01", value: 10 }], { "/": 9, "~1": 10 }],
    [{ foo: "bar" }, [{ op: "replace", path: "", value: 1 }], 1],
  ])("turns %j by %j into %j", (document, patch, result) => {
    expect(applyPatch(document, patch)).toEqual(result);
  });

  it.each([
    [{ op: "remove", path: "/nowhere" }],
    [{ op: "replace", path: "/nowhere", value: 1 }],
    [{ op: "add", path: "/a/b", value: 1 }],
    [{ op: "add", path: "/list/9", value: 1 }],
    [{ op: "add", path: "/list/01", value: 1 }],
    [{ op: "test", path: "/list", value: [2] }],
    [{ op: "dance", path: "/list" }],
    [{ op: "add" }],
    [null],
  ])("is refused where it does not fit: %j", (operation) => {
    expect(() => applyPatch({ list: [1] }, [operation])).toThrow(/^operation 0/);
  });

  it("changes nothing but the copy it gives back", () => {
    const document = { list: [1] };

    expect(applyPatch(document, [{ op: "add", path: "/list/-", value: 2 }])).toEqual({ list: [1, 2] });
    expect(document).toEqual({ list: [1] });
  });

  it("takes __proto__ for a name like any other", () => {
    const changed = applyPatch({}, [{ op: "add", path: "/__proto__", value: { admin: true } }]);

    expect(({} as { admin?: boolean }).admin).toBeUndefined();
    expect(Object.keys(changed as object)).toEqual(["__proto__"]);
    expect(() => applyPatch({}, [{ op: "add", path: "/constructor/prototype/x", value: 1 }])).toThrow();
  });
});
