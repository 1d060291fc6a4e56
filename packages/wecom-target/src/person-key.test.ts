import { describe, expect, it } from "vitest";
import { memberKey } from "./index.ts";

describe("the id of a member", () => {
  it("is the same in any case", () => {
    expect(memberKey("Zhang.San")).toBe(memberKey("zhang.san"));
  });

  it("is the same in any case also where it begins like an opaque one", () => {
    expect(memberKey("WongKarWai-Director-of-Photography")).toBe("wongkarwai-director-of-photography");
    expect(memberKey("wongKarWai-Director-of-Photography")).toBe("wongkarwai-director-of-photography");
  });

  it("keeps its case where it is opaque", () => {
    expect(memberKey("woAJ2GCAAAXtWyujaWJHDDGi0mACHAAA")).toBe("woAJ2GCAAAXtWyujaWJHDDGi0mACHAAA");
  });
});
