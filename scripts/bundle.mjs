// Second half of a package's `build`, run in its folder after `tsc` wrote the types: the code behind each entry as one
// file, since a start costs by the number of files. Lazy imports stay files of their own; `dependencies` stay imports. What
// the code imports of `devDependencies` becomes part of the files, with its license beside them: for a package of very many.
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const OUT = "dist";
const { exports, dependencies = {}, peerDependencies = {} } = JSON.parse(readFileSync("package.json", "utf8"));
const imported = Object.keys({ ...dependencies, ...peerDependencies });
const exported = Object.values(exports)
  .map((target) => target["@wxgate/source"])
  .filter((source) => source !== undefined);
const program = existsSync("src/main.ts") ? ["./src/main.ts"] : [];

for (const file of readdirSync(OUT, { recursive: true })) {
  if (file.endsWith(".js")) rmSync(join(OUT, file));
}
const { metafile } = await build({
  entryPoints: [...exported, ...program],
  outdir: OUT,
  // All files lie beside each other: what a package reads from its own folder is found from every one of them.
  outbase: "src",
  chunkNames: "[name]-[hash]",
  bundle: true,
  splitting: true,
  external: imported.flatMap((name) => [name, `${name}/*`]),
  metafile: true,
  platform: "node",
  format: "esm",
  target: "node20.19",
  charset: "utf8",
  logLevel: "warning",
});
for (const file of Object.keys(metafile.outputs))
  writeFileSync(file, withoutLeadingSpreads(readFileSync(file, "utf8")));
const theirs = Object.keys(metafile.inputs).map((file) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
const licenses = [...new Set(theirs)].filter((folder) => folder !== undefined).map(licenseOf);
if (licenses.length > 0) writeFileSync(join(OUT, "third-party-licenses.txt"), licenses.join("\n"));

/**
 * V8 before 12 (Node 20) gives each object of a literal that begins with a spread and goes on a hidden class of its own, in
 * the old space: 2 to 6 µs and half a kilobyte for the full collections, with every message many times. A literal that
 * begins with a spread of nothing is like any other, and means the same.
 */
function withoutLeadingSpreads(code) {
  return code.replaceAll(/\{(\s*)\.\.\.(?!\{\})/g, "{$1...{}, ...");
}

function licenseOf(folder) {
  const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return `${name} ${version}\n\n${readFileSync(join(folder, "LICENSE"), "utf8")}`;
}

// What a thread runs is a file by itself, in plain JavaScript.
for (const file of readdirSync("src")) {
  if (file.endsWith("-thread.mjs")) copyFileSync(join("src", file), join(OUT, file));
}
