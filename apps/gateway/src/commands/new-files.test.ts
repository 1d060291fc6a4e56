import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { refuseToReplace } from "./new-files.ts";

function environmentFile(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "wxgate-env-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, ".env");
  writeFileSync(file, text);
  return file;
}

describe("secrets that another configuration in the folder reads", () => {
  const secrets = new Map([["WXGATE_MAIN_TOKEN", "new-token"]]);

  it("are not replaced, and their values not shown", () => {
    const file = environmentFile("WXGATE_MAIN_TOKEN='old-token'\n");

    const replace = () => refuseToReplace(file, secrets, false);

    expect(replace).toThrow(/holds another WXGATE_MAIN_TOKEN; give the channel another id/);
    expect(replace).not.toThrow(/old-token|new-token/);
    expect(readFileSync(file, "utf8")).toContain("old-token");
  });

  it("may stay when they are the same, or somebody said --force", () => {
    expect(() => refuseToReplace(environmentFile("WXGATE_MAIN_TOKEN=new-token\n"), secrets, false)).not.toThrow();
    expect(() => refuseToReplace(environmentFile("WXGATE_MAIN_TOKEN=old\n"), secrets, true)).not.toThrow();
    expect(() => refuseToReplace(environmentFile("OTHER=1\n"), secrets, false)).not.toThrow();
  });
});
