// Does the hundred-thousandth message cost what the first ones did? `WXGATE_BENCH_MESSAGES` makes the run shorter.
import { startAnswered } from "./lib/answered.mjs";
import { callbackRequests } from "./lib/callbacks.mjs";
import { closedLoop } from "./lib/load.mjs";
import { note, report } from "./lib/report.mjs";

const MESSAGES = Number(process.env.WXGATE_BENCH_MESSAGES ?? 100_000);
const TENTHS = 10;
/** No more often: behind a full collection without a message under way, the engine optimizes anew what it knew. */
const HEAP_AFTER = [1, TENTHS - 1];
const MIB = 2 ** 20;

export async function run() {
  const { gateway, stop, untilAnswered } = await startAnswered();
  const count = Math.floor(MESSAGES / TENTHS);
  const tenths = [];
  for (let tenth = 0; tenth < TENTHS; tenth += 1) {
    const requests = callbackRequests(count, { firstId: 1 + tenth * count });
    const before = await gateway.cpu();
    const startedAt = performance.now();
    const { statuses } = await closedLoop({ port: gateway.port, requests, connections: 16 });
    if (statuses.size !== 1 || !statuses.has(200)) throw new Error(`answers were ${JSON.stringify([...statuses])}`);
    await untilAnswered((tenth + 1) * count);
    const cpuUs = (((await gateway.cpu()).cpuMs - before.cpuMs) * 1000) / count;
    const perSecond = (count * 1000) / (performance.now() - startedAt);
    tenths.push({ cpuUs, heapBytes: HEAP_AFTER.includes(tenth) ? (await gateway.memory()).heapBytes : undefined });
    note(`${(tenth + 1) * count}: ${cpuUs.toFixed(0)} µs, ${perSecond.toFixed(0)}/s received and answered`);
  }
  const [, second] = tenths;
  const last = tenths.at(-1);
  report("CPU per message in the last tenth over the second", last.cpuUs / second.cpuUs, { most: 1.1, unit: "x" });
  report("heap growth from the second tenth to the last", (last.heapBytes - second.heapBytes) / MIB, {
    most: 5,
    unit: "MiB",
  });
  await stop();
}
