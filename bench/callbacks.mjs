// Callbacks per second and CPU per callback of the path all webhook channels share, against RAW and DURABLE.
import { callbackRequests } from "./lib/callbacks.mjs";
import { closedLoop, median } from "./lib/load.mjs";
import { note, report } from "./lib/report.mjs";
import { startServer } from "./lib/server-process.mjs";

const COUNT = 15_000;
const WARM_UP = 3_000;
const ROUNDS = 5;
const SERVERS = {
  raw: ["raw.mjs"],
  durable: ["durable.mjs"],
  shared: ["shared-path.mjs"],
  twenty: ["shared-path.mjs", ["20"]],
};

async function measure(server, requests) {
  await closedLoop({ port: server.port, requests: requests.slice(0, WARM_UP), connections: 64 });
  const before = await server.usage();
  const { seconds, statuses } = await closedLoop({
    port: server.port,
    requests: requests.slice(WARM_UP),
    connections: 64,
  });
  const after = await server.usage();
  if (statuses.size !== 1 || !statuses.has(200)) throw new Error(`answers were ${JSON.stringify([...statuses])}`);
  const count = requests.length - WARM_UP;
  return { perSecond: count / seconds, cpuUs: ((after.cpuMs - before.cpuMs) * 1000) / count };
}

export async function run() {
  const results = Object.fromEntries(Object.keys(SERVERS).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    const requests = callbackRequests(COUNT + WARM_UP);
    for (const [name, [file, args]] of Object.entries(SERVERS)) {
      const server = await startServer(file, args);
      results[name].push(await measure(server, requests));
      await server.stop();
    }
  }
  // Ratios round by round, so that a machine whose speed drifts does not decide.
  const ratio = (a, b, what) => median(results[a].map((result, round) => result[what] / results[b][round][what]));
  for (const [name, rounds] of Object.entries(results)) {
    note(
      `${name}: ${median(rounds.map(({ perSecond }) => perSecond)).toFixed(0)}/s, ${median(rounds.map(({ cpuUs }) => cpuUs)).toFixed(1)} µs CPU`,
    );
  }
  report("callbacks/s of the shared path over DURABLE", ratio("shared", "durable", "perSecond"), {
    least: 0.6,
    unit: "x",
  });
  report("CPU per callback of the shared path over DURABLE", ratio("shared", "durable", "cpuUs"), {
    most: 1.7,
    unit: "x",
  });
  report("CPU per callback, 20 accounts on one path over 1", ratio("twenty", "shared", "cpuUs"), {
    most: 1.1,
    unit: "x",
  });
}
