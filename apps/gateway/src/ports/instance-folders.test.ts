import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createInstanceFolders } from "./instance-folders.ts";

function start() {
  const data = mkdtempSync(join(tmpdir(), "wxgate-instances-"));
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  return { data, folderOf: createInstanceFolders(data, (agent) => ({ coder: "module", chat: "openai" })[agent]) };
}

describe("the folder of an instance", () => {
  it("is made for it alone, and is the same the next time", async () => {
    const { data, folderOf } = start();

    const folder = await folderOf("coder", "coder.helper.direct.a.bob");

    expect(folder).toBe(join(data, "agents", "coder.helper.direct.a.bob"));
    expect(statSync(folder ?? "").mode & 0o777).toBe(0o700);
    expect(await folderOf("coder", "coder.helper.direct.a.bob")).toBe(folder);
  });

  it("is not made for agents that live elsewhere", async () => {
    const { data, folderOf } = start();

    expect(await folderOf("chat", "chat.helper.direct.a.bob")).toBeUndefined();
    expect(existsSync(join(data, "agents"))).toBe(false);
  });
});
