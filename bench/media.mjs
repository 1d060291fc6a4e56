// Memory while a file of 100 MB comes in through KF, and while the largest that KF takes goes out.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { startSimulator } from "@wxgate/simulator";
import { newFolder, startGateway } from "./lib/gateway.mjs";
import { connectKf, KF_ACCOUNT, kfChannel } from "./lib/kf.mjs";
import { report } from "./lib/report.mjs";

const MB = 1_000_000;
const IN_BYTES = 100 * MB;
/** KF takes 20 MB. */
const OUT_BYTES = 19 * MB;
const LIMIT_MS = 60_000;

export async function run() {
  const dir = newFolder();
  const outbox = join(dir, "outbox");
  mkdirSync(outbox);
  writeFileSync(join(outbox, "report.bin"), Buffer.alloc(OUT_BYTES, 7));
  const turns = [];
  const agent = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const [{ content }] = JSON.parse(Buffer.concat(chunks)).messages;
      turns.push(content);
      const wantsFile = content.some(({ text }) => text === "file please");
      const answer = wantsFile ? { kind: "file", path: join(outbox, "report.bin") } : { kind: "text", text: "thanks" };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ content: [answer] }));
    });
  });
  await new Promise((resolve) => agent.listen(0, "127.0.0.1", resolve));
  const sim = await startSimulator();
  const gateway = await startGateway({
    dir,
    config: {
      media: { maxBytes: 2 * IN_BYTES },
      agents: { server: { type: "http", url: `http://127.0.0.1:${agent.address().port}/agent` } },
      defaultAgent: "server",
      channels: { support: kfChannel(sim, { mediaLocalRoots: [outbox] }) },
    },
  });
  await connectKf(sim, gateway.port);
  const say = (content) => sim.send({ account: KF_ACCOUNT, from: "anna", content: [content] });
  const replies = () => sim.screen({ account: KF_ACCOUNT, user: "anna" }).items.filter(({ by }) => by === "api");

  await say({ kind: "file", bytes: MB, filename: "small.bin" });
  await until(() => replies().length === 1);
  const came = await added(gateway, async () => {
    await say({ kind: "file", bytes: IN_BYTES, filename: "large.bin" });
    await until(() => turns.length === 2);
  });
  const [part] = turns[1];
  if (part.media?.bytes !== IN_BYTES) throw new Error(`the file came as ${JSON.stringify(part)}`);
  await until(() => replies().length === 2);
  const went = await added(gateway, async () => {
    await say({ kind: "text", text: "file please" });
    await until(() => replies().some(({ kind }) => kind === "file"));
  });
  report(`memory added by a file of ${IN_BYTES / MB} MB that comes in`, came, { most: 64, unit: "MiB" });
  report(`memory added by a file of ${OUT_BYTES / MB} MB that goes out`, went, { most: 64, unit: "MiB" });
  await gateway.stop();
  await sim.close();
  agent.closeAllConnections();
  agent.close();
}

/** MiB by which the process grew at its largest, beyond what it had before. */
async function added({ pid, memory }, work) {
  await memory();
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
  const before = peakMib(pid);
  await work();
  return peakMib(pid) - before;
}

const peakMib = (pid) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;

async function until(seen) {
  const end = performance.now() + LIMIT_MS;
  while (!seen()) {
    if (performance.now() > end) throw new Error("waited in vain");
    await wait(20);
  }
}
