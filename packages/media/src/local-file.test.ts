import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MediaError, openLocalFile } from "./index.ts";

const MAKE_PIPE = "mkfifo";
let base: string;
let root: string;
let outside: string;

beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), "wxgate-media-")));
  root = join(base, "root");
  outside = join(base, "outside");
  await mkdir(join(root, "sub"), { recursive: true });
  await mkdir(outside);
  await writeFile(join(root, "a.txt"), "inside");
  await writeFile(join(root, "sub", "b.txt"), "below");
  await writeFile(join(outside, "secret.txt"), "secret");
});
afterEach(() => rm(base, { recursive: true }));

async function read(input: string, options: Partial<Parameters<typeof openLocalFile>[1]> = {}): Promise<string> {
  const file = await openLocalFile(input, { roots: [root], ...options });
  return text(file.body);
}

async function refusal(input: string, options: Partial<Parameters<typeof openLocalFile>[1]> = {}): Promise<string> {
  try {
    const file = await openLocalFile(input, { roots: [root], ...options });
    file.body.destroy();
    return "opened";
  } catch (error) {
    expect(error).toBeInstanceOf(MediaError);
    return (error as MediaError).code;
  }
}

describe("local files", () => {
  it("opens a file below a root and says what it is called and how large it is", async () => {
    const file = await openLocalFile(join(root, "sub", "b.txt"), { roots: [root] });

    expect(file).toMatchObject({ path: join(root, "sub", "b.txt"), filename: "b.txt", bytes: 5 });
    expect(await text(file.body)).toBe("below");
  });

  it("opens an empty file", async () => {
    await writeFile(join(root, "empty"), "");

    expect(await read(join(root, "empty"))).toBe("");
  });

  it("takes file URLs, the home folder and paths relative to a root", async () => {
    expect(await read(pathToFileURL(join(root, "a.txt")).href)).toBe("inside");
    expect(await read("~/root/a.txt", { home: base })).toBe("inside");
    expect(await read("sub/b.txt", { roots: ["~/root"], home: base })).toBe("below");
    expect(await read("b.txt", { roots: [root, join(root, "sub")] })).toBe("below");
  });

  it("follows links that stay below a root", async () => {
    await symlink(join(root, "a.txt"), join(root, "link.txt"));

    expect(await read(join(root, "link.txt"))).toBe("inside");
  });

  it("works below a root that is itself reached by a link", async () => {
    await symlink(root, join(base, "alias"));

    expect(await read(join(base, "alias", "a.txt"), { roots: [join(base, "alias")] })).toBe("inside");
  });

  it("opens nothing without roots", async () => {
    expect(await refusal(join(root, "a.txt"), { roots: [] })).toBe("media.path-refused");
  });

  it.each([
    ["a file outside", () => join(outside, "secret.txt")],
    ["a missing file outside", () => join(outside, "nothing.txt")],
    ["..", () => `${root}/../outside/secret.txt`],
    [".. in a relative path", () => "../outside/secret.txt"],
    [".. in a file URL", () => `file://${root}/%2e%2e/outside/secret.txt`],
    ["a file URL outside", () => pathToFileURL(join(outside, "secret.txt")).href],
    ["a file URL of another host", () => `file://server${root}/a.txt`],
    ["a neighbour with the same beginning", () => `${root}-2/a.txt`],
    ["the root itself", () => root],
    ["a folder", () => join(root, "sub")],
    ["a zero byte", () => `${root}/a.txt\0.png`],
    ["nothing", () => ""],
    ["~ without a home", () => "~/a.txt"],
    ["/etc/passwd", () => "/etc/passwd"],
  ])("refuses %s", async (_, path) => {
    expect(await refusal(path())).toBe("media.path-refused");
  });

  it("refuses links that lead out, whole folders of them too", async () => {
    await symlink(join(outside, "secret.txt"), join(root, "link.txt"));
    await symlink(outside, join(root, "folder"));

    expect(await refusal(join(root, "link.txt"))).toBe("media.path-refused");
    expect(await refusal(join(root, "folder", "secret.txt"))).toBe("media.path-refused");
    expect(await refusal("folder/secret.txt")).toBe("media.path-refused");
  });

  it("refuses pipes without waiting for a writer", async () => {
    execFileSync(MAKE_PIPE, [join(root, "pipe")]);

    expect(await refusal(join(root, "pipe"))).toBe("media.path-refused");
  });

  it.each(["/proc/self/environ", "/proc/version", "/dev/zero", "/sys/kernel/notes"])(
    "refuses %s even below a root",
    async (path) => {
      expect(await refusal(path, { roots: ["/proc", "/dev", "/sys"] })).toMatch(/^media\.(path-refused|not-found)$/);
    },
  );

  it("does not accept / as a root, and tells of no file by it", async () => {
    expect(await refusal(join(root, "a.txt"), { roots: ["/"] })).toBe("media.path-refused");
    expect(await refusal(join(root, "nothing.txt"), { roots: ["/"] })).toBe("media.path-refused");
  });

  it("opens what is below another root beside /", async () => {
    const file = await openLocalFile(join(root, "a.txt"), { roots: ["/", root] });
    file.body.destroy();

    expect(file.filename).toBe("a.txt");
  });

  it("says that a file is not there", async () => {
    expect(await refusal(join(root, "nothing.txt"))).toBe("media.not-found");
    expect(await refusal("nothing.txt")).toBe("media.not-found");
  });

  it("says of a path from nowhere known that it is to be written whole", async () => {
    const path = `./${basename(root)}/a.txt`;

    await expect(openLocalFile(path, { roots: [root] })).rejects.toThrow("write its whole path, or one from ~");
  });

  it("refuses what is too large and names the limit", async () => {
    await expect(openLocalFile("a.txt", { roots: [root], maxBytes: 5 })).rejects.toThrow("5 bytes");
  });

  it("never reads outside while folders are swapped for links under its eyes", async () => {
    await mkdir(join(root, "door"));
    await writeFile(join(root, "door", "secret.txt"), "harmless");
    await symlink(outside, join(base, "trap"));
    let swapping = true;
    const swapper = (async () => {
      while (swapping) {
        await rename(join(root, "door"), join(base, "aside"));
        await rename(join(base, "trap"), join(root, "door"));
        await rename(join(root, "door"), join(base, "trap"));
        await rename(join(base, "aside"), join(root, "door"));
      }
    })();

    const seen = new Set<string>();
    for (let i = 0; i < 1000; i++) seen.add(await read("door/secret.txt").catch((error: MediaError) => error.code));
    swapping = false;
    await swapper;

    expect(seen).not.toContain("secret");
    expect(seen.size).toBeGreaterThan(0);
  });
});
