// Cold start and idle memory of the built gateway, against a bare process that imports the same dependencies.
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { startAnswered } from "./lib/answered.mjs";
import { newFolder } from "./lib/gateway.mjs";
import { median } from "./lib/load.mjs";
import { note, report } from "./lib/report.mjs";
import { startServer } from "./lib/server-process.mjs";

const ROUNDS = 7;
const IDLE_MS = 500;
/** Modules of others that are part of our own files. */
const BUILT_IN = ["kysely"];

export async function run() {
  const imports = await recordImports();
  const bare = [];
  const gateway = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const startedAt = performance.now();
    const server = await startServer("bare.mjs", [imports]);
    const startMs = performance.now() - startedAt;
    await wait(IDLE_MS);
    bare.push({ startMs, rss: (await server.memory()).rssBytes });
    await server.stop();

    const answered = await startAnswered();
    await wait(IDLE_MS);
    gateway.push({ startMs: answered.gateway.startMs, rss: (await answered.gateway.memory()).rssBytes });
    await answered.stop();
  }
  const of = (rounds, what) => median(rounds.map((round) => round[what]));
  const mib = (bytes) => (bytes / 2 ** 20).toFixed(0);
  note(`bare: ${of(bare, "startMs").toFixed(0)} ms, ${mib(of(bare, "rss"))} MiB`);
  note(`gateway: ${of(gateway, "startMs").toFixed(0)} ms, ${mib(of(gateway, "rss"))} MiB`);
  const ratio = (what) => median(gateway.map((round, index) => round[what] / bare[index][what]));
  report("cold start over a bare process", ratio("startMs"), { most: 1.3, unit: "x" });
  report("idle memory over a bare process", ratio("rss"), { most: 1.3, unit: "x" });
}

/** What a gateway of this configuration imports until it is idle; what it loads only when it is needed is not among it. */
async function recordImports() {
  const file = join(newFolder(), "imports.txt");
  const recorder = new URL("./lib/record-imports.mjs", import.meta.url).href;
  const { stop } = await startAnswered({ preload: [recorder], env: { WXGATE_BENCH_IMPORTS: file } });
  await wait(IDLE_MS);
  await stop();
  appendFileSync(file, BUILT_IN.map((name) => `${import.meta.resolve(name)}\n`).join(""));
  return file;
}
