// Second half of a package's `build`, run in its folder after `tsc` wrote the types: the code behind each entry as one
// file, since a start costs by the number of files. Lazy imports stay files of their own; other packages stay imports.
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const OUT = "dist";
const { exports } = JSON.parse(readFileSync("package.json", "utf8"));
const exported = Object.values(exports)
  .map((target) => target["@wxgate/source"])
  .filter((source) => source !== undefined);
const program = existsSync("src/main.ts") ? ["./src/main.ts"] : [];

for (const file of readdirSync(OUT, { recursive: true })) {
  if (file.endsWith(".js")) rmSync(join(OUT, file));
}
await build({
  entryPoints: [...exported, ...program],
  outdir: OUT,
  // All files lie beside each other: what a package reads from its own folder is found from every one of them.
  outbase: "src",
  chunkNames: "[name]-[hash]",
  bundle: true,
  splitting: true,
  packages: "external",
  platform: "node",
  format: "esm",
  target: "node20.19",
  charset: "utf8",
  logLevel: "warning",
});
// What a thread runs is a file by itself, in plain JavaScript.
for (const file of readdirSync("src")) {
  if (file.endsWith("-thread.mjs")) copyFileSync(join("src", file), join(OUT, file));
}
