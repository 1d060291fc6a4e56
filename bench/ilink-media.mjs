// A file of 100 MB through iLink, in and out, beside the official client: memory and speed.
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newFolder } from "./lib/gateway.mjs";
import { openIlinkWorld, startOfficial, startOurs } from "./lib/ilink.mjs";
import { median } from "./lib/load.mjs";
import { addedMib } from "./lib/peak-memory.mjs";
import { note, report } from "./lib/report.mjs";
import { until } from "./lib/until.mjs";

const BYTES = 100_000_000;
/** Rounds until both have optimized what they do. */
const WARM_UP = 2;
const ROUNDS = 5;

export async function run() {
  const dir = newFolder();
  const path = join(dir, "report.bin");
  writeFileSync(path, Buffer.alloc(BYTES, 7));
  const config = {
    media: { maxBytes: 2 * BYTES },
    // Nobody waits for words that explain the file.
    dispatch: { mediaGraceMs: 0 },
    channel: { mediaLocalRoots: [dir] },
  };
  const worlds = {
    ours: await openIlinkWorld(createFileAgent(path), (platform) => startOurs(platform, config)),
    official: await openIlinkWorld(createFileAgent(path), startOfficial),
  };
  const results = { ours: [], official: [] };
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    for (const [name, world] of Object.entries(worlds)) {
      const result = { in: await measure(world, comesIn), out: await measure(world, goesOut) };
      if (round >= 0) results[name].push(result);
    }
  }
  for (const world of Object.values(worlds)) await world.stop();
  rmSync(dir, { recursive: true, force: true });
  show(results);
}

function show({ ours, official }) {
  for (const way of ["in", "out"]) {
    const of = (rounds, what) => median(rounds.map((round) => round[way][what]));
    const seconds = (rounds) => `${of(rounds, "seconds").toFixed(2)} s`;
    note(`${way}, the official client: ${seconds(official)}, ${of(official, "mib").toFixed(0)} MiB`);
    report(`iLink: memory added by a file of ${BYTES / 1e6} MB, ${way}`, of(ours, "mib"), { most: 64, unit: "MiB" });
    const ratio = median(official.map((round, index) => round[way].seconds / ours[index][way].seconds));
    report(`iLink: speed of a file of ${BYTES / 1e6} MB over the official client, ${way}`, ratio, {
      least: 1.6,
      unit: "x",
      detail: seconds(ours),
    });
  }
}

/** Whoever sends a file gets no answer, whoever writes gets one. */
function createFileAgent(path) {
  const agent = {
    turns: 0,
    respond({ messages }, response) {
      agent.turns += 1;
      const [{ kind, media }] = messages[0].content;
      if (media !== undefined && media.bytes !== BYTES) throw new Error(`the file came as ${JSON.stringify(media)}`);
      const isText = kind === "text";
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ content: isText ? [{ kind: "file", path }] : [] }));
    },
  };
  return agent;
}

async function measure(world, work) {
  let seconds = 0;
  const mib = await addedMib(world, async () => {
    const startedAt = performance.now();
    await work(world);
    seconds = (performance.now() - startedAt) / 1000;
  });
  return { mib, seconds };
}

async function comesIn({ agent, platform }) {
  const before = agent.turns;
  platform.write("ann", platform.fileItem(BYTES));
  await until(() => agent.turns > before);
}

async function goesOut({ platform }) {
  const before = platform.sent();
  const uploaded = platform.uploadedBytes();
  platform.write("ann");
  await until(() => platform.sent() > before);
  if (platform.uploadedBytes() - uploaded < BYTES) throw new Error("the file was not uploaded");
}
