// How many conversations with a slow agent run beside each other, and whether one that hangs is felt by the others.
import { createServer } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { appConfig } from "./lib/answered.mjs";
import { callbackRequests } from "./lib/callbacks.mjs";
import { startGateway } from "./lib/gateway.mjs";
import { openClient, quantile } from "./lib/load.mjs";
import { note, report } from "./lib/report.mjs";

const AGENT_MS = 100;
const COUNTS = [10, 25, 50, 100, 200];
const MEASURED_MS = 4_000;
const WARM_UP_MS = 2_000;
const MANY = 20;
const STEADY_MS = 6_000;

export async function run() {
  const world = await startWorld();
  let carried = 0;
  for (const count of COUNTS) {
    const share = (await world.turnsPerSecond(count)) / (count / (AGENT_MS / 1000));
    note(`${count} conversations: ${(share * 100).toFixed(0)} % of ${count * (1000 / AGENT_MS)} turns/s`);
    if (share < 0.9) break;
    carried = count;
  }
  report(`conversations carried at ≥ 90 % of n / ${AGENT_MS} ms`, carried, { least: COUNTS[0], unit: "conversations" });

  const without = [];
  const beside = [];
  for (let round = 0; round < 3; round += 1) {
    const alone = await world.delays(false);
    const besideSlow = await world.delays(true);
    note(
      `p99 of the others ${quantile(alone, 0.99).toFixed(1)} ms, beside one that hangs ${quantile(besideSlow, 0.99).toFixed(1)} ms`,
    );
    without.push(...alone);
    beside.push(...besideSlow);
  }
  const ratio = quantile(beside, 0.99) / quantile(without, 0.99);
  report("p99 of the others beside a conversation that hangs", ratio, {
    most: 1.1,
    unit: "x",
    detail: `${quantile(without, 0.99).toFixed(1)} → ${quantile(beside, 0.99).toFixed(1)} ms`,
  });
  await world.stop();
}

/** The agent lives here, so that each conversation gets its next message as soon as the agent has the one before. */
async function startWorld() {
  let nextId = 1;
  let turns = 0;
  let onTurn = () => {};
  const hanging = new Set();
  let hangs = false;
  const server = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      if (request.url !== "/agent") return response.writeHead(200, { "content-type": "application/json" }).end(API);
      const { sender, messages } = JSON.parse(Buffer.concat(chunks));
      turns += 1;
      onTurn(sender.id, messages);
      if (sender.id === "slow" && hangs) hanging.add(response);
      else setTimeout(() => response.writeHead(204).end(), AGENT_MS);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const gateway = await startGateway({ config: appConfig(server.address().port) });
  const clients = await Promise.all(Array.from({ length: 32 }, () => openClient(gateway.port)));

  /** A member writes; resolves with the message's id when it is stored. */
  async function write(member) {
    const id = nextId++;
    const [request] = callbackRequests(1, { from: () => member, firstId: id });
    const client = clients.pop() ?? (await openClient(gateway.port));
    await client.send(request);
    clients.push(client);
    return String(7_000_000_000_000_000n + BigInt(id));
  }

  return {
    async turnsPerSecond(count) {
      let going = true;
      onTurn = (member) => going && write(member);
      await Promise.all(Array.from({ length: count }, (_, index) => write(`member${index}`)));
      await wait(WARM_UP_MS);
      const before = turns;
      const startedAt = performance.now();
      await wait(MEASURED_MS);
      const perSecond = ((turns - before) * 1000) / (performance.now() - startedAt);
      going = false;
      await wait(10 * AGENT_MS);
      return perSecond;
    },

    /** Milliseconds from the stored message to the agent, for members who write now and then. */
    async delays(withSlow) {
      const stored = new Map();
      const delays = [];
      onTurn = (_member, messages) => {
        const at = performance.now();
        for (const { id } of messages) if (stored.has(id)) delays.push(at - stored.get(id));
      };
      hangs = withSlow;
      if (withSlow) await write("slow");
      const until = performance.now() + STEADY_MS;
      const member = async (index) => {
        while (performance.now() < until) {
          const at = performance.now();
          const id = 7_000_000_000_000_000n + BigInt(nextId);
          stored.set(String(id), at);
          await write(`steady${index}`);
          if (withSlow && index === 0) await write("slow");
          await wait(3 * AGENT_MS + (index * AGENT_MS) / MANY);
        }
      };
      await Promise.all(Array.from({ length: MANY }, (_, index) => member(index)));
      onTurn = () => {};
      hangs = false;
      for (const response of hanging) response.writeHead(204).end();
      hanging.clear();
      await wait(10 * AGENT_MS);
      return delays;
    },

    async stop() {
      for (const client of clients) client.close();
      await gateway.stop();
      server.closeAllConnections();
      server.close();
    },
  };
}

const API = '{"errcode":0,"errmsg":"ok","access_token":"token","expires_in":7200}';
