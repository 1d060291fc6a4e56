// How long the platform waits for "success": KF's doorbell against RAW; against DURABLE the path that stores, alone in its
// server, and in the gateway, whose agent is asked and answers meanwhile. Open loop.
import { startAnswered } from "./lib/answered.mjs";
import { ACCOUNT, callbackRequests, doorbellRequests } from "./lib/callbacks.mjs";
import { startGateway } from "./lib/gateway.mjs";
import { median, openLoop, quantile } from "./lib/load.mjs";
import { note, report } from "./lib/report.mjs";
import { startServer } from "./lib/server-process.mjs";

const SECONDS = 2;
const ROUNDS = 5;
const RATES = [500, 2000];
/** Until the engine has compiled what a message needs: a gateway runs for weeks. */
const WARM_UP_SECONDS = 8;

export async function run() {
  const raw = await startServer("raw.mjs");
  const durable = await startServer("durable.mjs");
  const shared = await startServer("shared-path.mjs", ["app"]);
  const storing = await startAnswered();
  const doorbell = await startGateway({ config: kfConfig(storing.agent.port) });
  const servers = [
    ["raw", raw.port, callbackRequests],
    ["doorbell", doorbell.port, doorbellRequests],
    ["durable", durable.port, callbackRequests],
    ["shared", shared.port, callbackRequests],
    ["storing", storing.gateway.port, callbackRequests],
  ];
  let firstId = 1;
  for (const [, port, render] of servers) {
    const requests = render(1000 * WARM_UP_SECONDS, { firstId });
    firstId += requests.length;
    await openLoop({ port, requests, perSecond: 1000, connections: 32 });
  }
  for (const perSecond of RATES) {
    const results = Object.fromEntries(servers.map(([name]) => [name, []]));
    for (let round = -1; round < ROUNDS; round += 1) {
      for (const [name, port, render] of servers) {
        const requests = render(perSecond * SECONDS, { firstId });
        firstId += requests.length;
        const { latenciesMs, statuses } = await openLoop({ port, requests, perSecond, connections: 32 });
        if (statuses.size !== 1 || !statuses.has(200))
          throw new Error(`${name} answered ${JSON.stringify([...statuses])}`);
        // The first round warms up.
        if (round >= 0) results[name].push({ p50: median(latenciesMs), p99: quantile(latenciesMs, 0.99) });
      }
    }
    show(perSecond, results);
  }
  await Promise.all([raw, durable, shared, doorbell].map((server) => server.stop()));
  await storing.stop();
}

function show(perSecond, results) {
  for (const [name, rounds] of Object.entries(results)) {
    const of = (what) => median(rounds.map((round) => round[what])).toFixed(2);
    note(`${name} at ${perSecond}/s: p50 ${of("p50")} ms, p99 ${of("p99")} ms`);
  }
  const ratio = (a, b, what) => median(results[a].map((round, index) => round[what] / results[b][index][what]));
  const bounds = [
    ["p50", 2],
    ["p99", 2.5],
  ];
  // Storing waits for the disk, RAW does not: the like of it is DURABLE.
  const pairs = [
    ["doorbell", "raw", "acknowledging a doorbell over RAW"],
    ["shared", "durable", "acknowledging on the shared path over DURABLE"],
    ["storing", "durable", "acknowledging while all are answered over DURABLE"],
  ];
  for (const [name, baseline, words] of pairs) {
    for (const [what, most] of bounds) {
      report(`${words}, ${perSecond}/s, ${what}`, ratio(name, baseline, what), { most, unit: "x" });
    }
  }
}

const kfConfig = (port) => ({
  channels: {
    support: {
      type: "kf",
      corpId: ACCOUNT.corpId,
      secret: "a-secret-of-the-measurements",
      token: ACCOUNT.token,
      encodingAESKey: ACCOUNT.encodingAESKey,
      apiBaseUrl: `http://127.0.0.1:${port}`,
      path: "/webhooks/app",
    },
  },
});
