// The bot's bubbles while the agent hangs: how long does the platform wait when it asks what they show?
import { createServer } from "node:http";
import { ACCOUNT, botRequests, openBotReply, refreshRequests } from "./lib/callbacks.mjs";
import { startGateway } from "./lib/gateway.mjs";
import { median, openClient, openLoop, quantile } from "./lib/load.mjs";
import { report } from "./lib/report.mjs";
import { until } from "./lib/until.mjs";

const PEOPLE = 100;
/** The platform asks about once a second for each bubble. */
const PER_SECOND = PEOPLE;
const SECONDS = 3;
const ROUNDS = 5;

export async function run() {
  const agent = await startHangingAgent();
  const gateway = await startGateway({ config: hookConfig(agent.port) });
  const bubbles = await openBubbles(gateway.port);
  await until(() => agent.asked() === PEOPLE);

  const ids = Array.from({ length: PER_SECOND * SECONDS }, (_, index) => bubbles[index % PEOPLE]);
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const requests = refreshRequests(ids, { firstId: PEOPLE + 1 + round * ids.length });
    const load = { port: gateway.port, requests, perSecond: PER_SECOND, connections: 8 };
    const { latenciesMs, statuses } = await openLoop(load);
    if (statuses.size !== 1 || !statuses.has(200)) throw new Error(`answers were ${JSON.stringify([...statuses])}`);
    rounds.push(latenciesMs);
  }
  const all = rounds.flat();
  report(
    `a refresh while the agent hangs in ${PEOPLE} conversations, p99`,
    median(rounds.map((round) => quantile(round, 0.99))),
    { most: 200, unit: "ms", detail: `p50 ${median(all).toFixed(1)} ms, slowest ${quantile(all, 1).toFixed(1)} ms` },
  );
  await gateway.stop();
  agent.stop();
}

/** One message of each person; the ids of the bubbles that answer them. */
async function openBubbles(port) {
  const client = await openClient(port);
  const ids = [];
  for (const request of botRequests(PEOPLE)) {
    await client.send(request, (body) => {
      const { stream } = openBotReply(body);
      if (stream.finish) throw new Error(`a bubble ended at once: ${stream.content}`);
      ids.push(stream.id);
    });
  }
  client.close();
  return ids;
}

async function startHangingAgent() {
  let asked = 0;
  const server = createServer((request) => {
    request.resume();
    asked += 1;
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: server.address().port,
    /** How many turns wait for an answer that does not come. */
    asked: () => asked,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const hookConfig = (port) => ({
  agents: { server: { type: "http", url: `http://127.0.0.1:${port}/agent` } },
  defaultAgent: "server",
  channels: {
    hook: {
      type: "wecom-bot-webhook",
      botId: ACCOUNT.botId,
      token: ACCOUNT.token,
      encodingAESKey: ACCOUNT.encodingAESKey,
      path: "/webhooks/app",
    },
  },
});
