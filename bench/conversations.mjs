// How many conversations with a slow agent run beside each other, and whether one that hangs is felt by the others.
import { openAppWorld } from "./lib/app-world.mjs";
import { AGENT_MS, besideOneThatHangs, createSlowAgent, shareOfTurns } from "./lib/crowd.mjs";
import { note, report } from "./lib/report.mjs";

const COUNTS = [10, 25, 50, 100, 200];

export async function run() {
  const world = await openAppWorld(createSlowAgent((response) => response.writeHead(204).end()));
  let carried = 0;
  for (const count of COUNTS) {
    const share = await shareOfTurns(world, count);
    note(`${count} conversations: ${(share * 100).toFixed(0)} % of ${count * (1000 / AGENT_MS)} turns/s`);
    if (share < 0.9) break;
    carried = count;
  }
  report(`conversations carried at ≥ 90 % of n / ${AGENT_MS} ms`, carried, { least: COUNTS[0], unit: "conversations" });

  const { withoutMs, besideMs, ratio } = await besideOneThatHangs(world);
  report("p99 of the others beside a conversation that hangs", ratio, {
    most: 1.1,
    unit: "x",
    detail: `${withoutMs.toFixed(1)} → ${besideMs.toFixed(1)} ms`,
  });
  await world.stop();
}
