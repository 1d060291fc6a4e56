// From the platform's call to the agent server: when has it the message that was stored meanwhile?
import { setTimeout as wait } from "node:timers/promises";
import { startAnswered } from "./lib/answered.mjs";
import { appMessageId, callbackRequests } from "./lib/callbacks.mjs";
import { median, openLoop, quantile } from "./lib/load.mjs";
import { note, report } from "./lib/report.mjs";
import { startServer } from "./lib/server-process.mjs";

const PER_SECOND = 1000;
const SECONDS = 4;
const ROUNDS = 5;
/** Until the engine has compiled what a message needs: a gateway runs for weeks. */
const WARM_UP_ROUNDS = 2;
const ALLOWED_MS = 10;

export async function run() {
  const raw = await startServer("raw.mjs");
  const { gateway, agent, stop, untilAnswered } = await startAnswered();
  const over = [];
  const shares = [];
  let firstId = 1;
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
    const requests = callbackRequests(PER_SECOND * SECONDS, { firstId });
    const rawLoad = await openLoop({ port: raw.port, requests, perSecond: PER_SECOND, connections: 32 });
    const due = new Map();
    // The agent's clock is the system's monotonic one, so is this.
    const offset = Number(process.hrtime.bigint()) / 1e6 - performance.now();
    await openLoop({
      port: gateway.port,
      requests,
      perSecond: PER_SECOND,
      connections: 32,
      onDue: (index, at) => due.set(appMessageId(firstId + index), at + offset),
    });
    await wait(1000);
    const { count } = await agent.ask({ ask: "count" });
    const before = firstId - 1;
    firstId += requests.length;
    await untilAnswered(before + requests.length);
    const { arrivals } = await agent.ask({ ask: "arrivals" });
    const delays = arrivals.map(([id, at]) => at - due.get(id));
    if (round < 0) continue;
    const rawP99 = quantile(rawLoad.latenciesMs, 0.99);
    note(
      `RAW p99 ${rawP99.toFixed(1)} ms; the agent has it after p50 ${median(delays).toFixed(1)}, p99 ${quantile(delays, 0.99).toFixed(1)} ms`,
    );
    over.push(quantile(delays, 0.99) - rawP99);
    shares.push((100 * (count - before)) / requests.length);
  }
  report(`at ${PER_SECOND}/s the agent's p99 is later than RAW's p99 by`, median(over), {
    most: ALLOWED_MS,
    unit: "ms",
  });
  report("at the agent one second after the load", median(shares), { least: 98, unit: "%" });
  await raw.stop();
  await stop();
}
