// Packs every package as it would be published and has publint and attw look at it. Needs a build.
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const ROOT = new URL("..", import.meta.url).pathname;
const bin = (name) => join(ROOT, "node_modules/.bin", name);
const waiting = readdirSync(join(ROOT, "packages"));

async function check(name) {
  const folder = join(ROOT, "packages", name);
  const out = mkdtempSync(join(tmpdir(), "wxgate-pack-"));
  try {
    await run("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", out], { cwd: folder });
    const tarball = join(out, readdirSync(out)[0] ?? "");
    await run(bin("publint"), [tarball, "--strict"]);
    const { stdout } = await run(bin("attw"), [tarball, "--profile", "esm-only", "--format", "json"]);
    if (JSON.parse(stdout).analysis?.types === false) throw new Error("the package has no types");
  } catch (error) {
    console.error(`@wxgate/${name}: ${error.stdout || error.stderr || error.message}`);
    process.exitCode = 1;
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

async function worker() {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) await check(name);
}
await Promise.all([worker(), worker(), worker()]);
