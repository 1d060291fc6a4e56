import { describe, expect, it } from "vitest";
import { expandGroups, unknownGroups } from "./access-groups.ts";

describe("access groups", () => {
  const groups = { admins: ["anna", "@it"], it: ["bob", "@admins"], nobody: [] };

  it("stand for their members, also those of groups in them", () => {
    expect(expandGroups(["carl", "@admins"], groups)).toEqual(["carl", "anna", "bob"]);
  });

  it("without members stand for nobody", () => {
    expect(expandGroups(["@nobody"], groups)).toEqual([]);
  });

  it("that do not exist are found", () => {
    expect(unknownGroups(["carl", "@admins", "@toString"], groups)).toEqual(["@toString"]);
  });
});
