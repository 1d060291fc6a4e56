// `pnpm bench [name…]`: all measurements, or the named ones. Run it on an otherwise idle machine after a build.
import { cpus, totalmem } from "node:os";

const SUITES = [
  "callbacks",
  "latency",
  "dispatch",
  "flat",
  "backlog",
  "sessions",
  "doorbell",
  "conversations",
  "media",
  "refresh",
  "bot-ws",
  "bot-soak",
  "ilink",
  "ilink-media",
  "start",
  "text",
];

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !SUITES.includes(name));
if (unknown.length > 0) {
  console.error(`there is no measurement called ${unknown.join(", ")}; there are ${SUITES.join(", ")}`);
  process.exit(2);
}
console.log(
  `node ${process.version}, ${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB\n`,
);
for (const name of asked.length > 0 ? asked : SUITES) {
  console.log(`${name}`);
  const { run } = await import(`./${name}.mjs`);
  await run();
  console.log();
}
