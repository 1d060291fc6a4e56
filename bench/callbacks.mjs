// Callbacks per second and CPU per callback of the path all webhook channels share, against RAW and DURABLE.
import { callbackRequests } from "./lib/callbacks.mjs";
import { closedLoop, median } from "./lib/load.mjs";
import { note, report } from "./lib/report.mjs";
import { startServer } from "./lib/server-process.mjs";

const SLICE = 2_000;
const WARM_UP_SLICES = 4;
const ROUNDS = 15;
const CONNECTIONS = 64;
const SERVERS = {
  raw: ["raw.mjs"],
  durable: ["durable.mjs"],
  shared: ["shared-path.mjs"],
  twenty: ["shared-path.mjs", ["20"]],
};

async function measure(server, requests) {
  const before = await server.cpu();
  const { seconds, statuses } = await closedLoop({ port: server.port, requests, connections: CONNECTIONS });
  const after = await server.cpu();
  if (statuses.size !== 1 || !statuses.has(200)) throw new Error(`answers were ${JSON.stringify([...statuses])}`);
  return { perSecond: requests.length / seconds, cpuUs: ((after.cpuMs - before.cpuMs) * 1000) / requests.length };
}

/** All servers live side by side and take turns in short slices: what else the machine does meets them alike. */
export async function run() {
  const names = Object.keys(SERVERS);
  const servers = {};
  for (const name of names) servers[name] = await startServer(...SERVERS[name]);
  const results = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = -WARM_UP_SLICES; round < ROUNDS; round += 1) {
    const requests = callbackRequests(SLICE, { firstId: 1 + (round + WARM_UP_SLICES) * SLICE });
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const result = await measure(servers[name], requests);
      if (round >= 0) results[name].push(result);
    }
  }
  for (const server of Object.values(servers)) await server.stop();

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
