// Callbacks per second and CPU per callback of the path all webhook channels share, against RAW and DURABLE.
import { botRequests, callbackRequests } from "./lib/callbacks.mjs";
import { closedLoop, median } from "./lib/load.mjs";
import { note, report } from "./lib/report.mjs";
import { startServer } from "./lib/server-process.mjs";

const SLICE = 2_000;
const WARM_UP_SLICES = 4;
const ROUNDS = 5;
/** The engine does not optimize the same code alike in each process. */
const PROCESSES = 3;
const CONNECTIONS = 64;
const FAMILIES = [
  {
    name: "app",
    render: callbackRequests,
    servers: {
      raw: ["raw.mjs"],
      durable: ["durable.mjs"],
      shared: ["shared-path.mjs", ["app"]],
      twenty: ["shared-path.mjs", ["app", "20"]],
    },
  },
  {
    name: "bot",
    render: botRequests,
    servers: { durable: ["durable.mjs", ["json"]], shared: ["shared-path.mjs", ["bot"]] },
  },
];

export async function run() {
  for (const family of FAMILIES) {
    const parts = [];
    for (let count = 0; count < PROCESSES; count += 1) parts.push(await compare(family));
    show(
      family,
      Object.fromEntries(Object.keys(family.servers).map((name) => [name, parts.flatMap((results) => results[name])])),
    );
  }
}

async function measure(server, requests) {
  const before = await server.cpu();
  const { seconds, statuses } = await closedLoop({ port: server.port, requests, connections: CONNECTIONS });
  const after = await server.cpu();
  if (statuses.size !== 1 || !statuses.has(200)) throw new Error(`answers were ${JSON.stringify([...statuses])}`);
  return { perSecond: requests.length / seconds, cpuUs: ((after.cpuMs - before.cpuMs) * 1000) / requests.length };
}

/** All servers live side by side and take turns in short slices: what else the machine does meets them alike. */
async function compare({ render, servers: files }) {
  const names = Object.keys(files);
  const servers = {};
  for (const name of names) servers[name] = await startServer(...files[name]);
  const results = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = -WARM_UP_SLICES; round < ROUNDS; round += 1) {
    const requests = render(SLICE, { firstId: 1 + (round + WARM_UP_SLICES) * SLICE });
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const result = await measure(servers[name], requests);
      if (round >= 0) results[name].push(result);
    }
  }
  for (const server of Object.values(servers)) await server.stop();
  return results;
}

function show({ name: family }, results) {
  for (const [name, rounds] of Object.entries(results)) {
    const of = (what) => median(rounds.map((round) => round[what]));
    note(`${family}, ${name}: ${of("perSecond").toFixed(0)}/s, ${of("cpuUs").toFixed(1)} µs CPU`);
  }
  // Ratios round by round, so that a machine whose speed drifts does not decide.
  const ratio = (a, b, what) => median(results[a].map((result, round) => result[what] / results[b][round][what]));
  report(`callbacks/s of the ${family}'s path over DURABLE`, ratio("shared", "durable", "perSecond"), {
    least: 0.6,
    unit: "x",
  });
  report(`CPU per callback of the ${family}'s path over DURABLE`, ratio("shared", "durable", "cpuUs"), {
    most: 1.7,
    unit: "x",
  });
  if (results.twenty === undefined) return;
  report("CPU per callback, 20 accounts on one path over 1", ratio("twenty", "shared", "cpuUs"), {
    most: 1.1,
    unit: "x",
  });
}
