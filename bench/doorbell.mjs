// A thousand callbacks that ring for one KF account: how many pulls do they make?
import { setTimeout as wait } from "node:timers/promises";
import { startSimulator } from "@wxgate/simulator";
import { startGateway } from "./lib/gateway.mjs";
import { connectKf, KF_ACCOUNT, kfChannel } from "./lib/kf.mjs";
import { note, report } from "./lib/report.mjs";

const RINGS = 1_000;
const QUIET_MS = 2_000;

export async function run() {
  const sim = await startSimulator({ logEntries: 20_000 });
  const gateway = await startGateway({
    config: { agents: { echo: { type: "echo" } }, channels: { support: kfChannel(sim) } },
  });
  await connectKf(sim, gateway.port);
  await wait(QUIET_MS);
  const { next: since } = sim.log();
  const startedAt = performance.now();
  await sim.act("kf", "ring", { account: KF_ACCOUNT, count: RINGS });
  await sim.idle();
  note(`${RINGS} callbacks in ${(performance.now() - startedAt).toFixed(0)} ms`);
  await wait(QUIET_MS);
  const entries = sim.log({ since, limit: 10_000 }).entries;
  const answered = entries.filter(({ kind, status }) => kind === "callback" && status === 200).length;
  if (answered !== RINGS) throw new Error(`${answered} of ${RINGS} callbacks were answered 200`);
  const pulls = entries.filter(({ kind, path }) => kind === "request" && path.includes("kf/sync_msg")).length;
  report(`sync_msg calls for ${RINGS} callbacks`, pulls, { most: 20, unit: "calls" });
  await gateway.stop();
  await sim.close();
}
