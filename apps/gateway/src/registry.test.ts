import { describe, expect, it } from "vitest";
import { loadTypes } from "./registry.ts";

describe("types", () => {
  const loaders = (imported: string[]) => ({
    kf: async () => `${imported.push("kf")}`,
    app: async () => `${imported.push("app")}`,
  });

  it("are imported when something is configured with them, and no others", async () => {
    const imported: string[] = [];

    const { loaded } = await loadTypes(loaders(imported), ["app", "app"]);

    expect(imported).toEqual(["app"]);
    expect([...loaded.keys()]).toEqual(["app"]);
  });

  it("are all named, imported or not", async () => {
    const { names } = await loadTypes(loaders([]), []);

    expect(names).toEqual(["kf", "app"]);
  });

  it.each(["nobody", "constructor", undefined, 7])("leave out %s, which none is called", async (wanted) => {
    const { loaded } = await loadTypes(loaders([]), [wanted]);

    expect(loaded.size).toBe(0);
  });
});
