// The bot's long connection through the built gateway at 200 messages a second, each answered by a bubble: does it stay as it is?
// `WXGATE_BENCH_SECONDS=600` makes it the ten minutes that are promised.
import { createServer } from "node:http";
import { startGateway } from "./lib/gateway.mjs";
import { note, report } from "./lib/report.mjs";
import { startServer } from "./lib/server-process.mjs";
import { until } from "./lib/until.mjs";

const PER_SECOND = 200;
const SECONDS = Number(process.env.WXGATE_BENCH_SECONDS ?? 60);
const TENTHS = 10;
const MIB = 2 ** 20;

export async function run() {
  const platform = await startServer("bot-ws.mjs");
  const agent = await startAgent();
  const gateway = await startGateway({ config: botConfig(platform.port, agent.address().port) });
  const state = () => platform.ask({ ask: "state" });
  await until(async () => (await state()).connected);

  const tenths = [];
  let written = 0;
  for (let tenth = 1; tenth <= TENTHS; tenth += 1) {
    const before = await gateway.cpu();
    const result = await platform.ask({ ask: "write", perSecond: PER_SECOND, seconds: SECONDS / TENTHS });
    written += result.written;
    const behind = written - (await state()).finished;
    await until(async () => (await state()).finished >= written);
    const cpuUs = (((await gateway.cpu()).cpuMs - before.cpuMs) * 1000) / result.written;
    const { heapBytes } = await gateway.memory();
    tenths.push({ cpuUs, heapMib: heapBytes / MIB });
    note(
      `${written}: ${cpuUs.toFixed(0)} µs, heap ${(heapBytes / MIB).toFixed(1)} MiB, ${behind} were still to be answered`,
    );
  }
  show(tenths);
  await gateway.stop();
  await platform.stop();
  agent.closeAllConnections();
  agent.close();
}

function show(tenths) {
  const [, second] = tenths;
  const last = tenths.at(-1);
  const name = `bot at ${PER_SECOND}/s for ${SECONDS} s`;
  report(`${name}: heap growth from the second tenth to the last`, last.heapMib - second.heapMib, {
    most: 5,
    unit: "MiB",
  });
  report(`${name}: CPU per message in the last tenth over the second`, last.cpuUs / second.cpuUs, {
    most: 1.1,
    unit: "x",
  });
}

async function startAgent() {
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end('{"content":[{"kind":"text","text":"您的订单今天发货。"}]}');
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

const botConfig = (platformPort, agentPort) => ({
  agents: { server: { type: "http", url: `http://127.0.0.1:${agentPort}/agent` } },
  defaultAgent: "server",
  channels: {
    bot: { type: "wecom-bot-ws", botId: "aibBench", secret: "bench", url: `ws://127.0.0.1:${platformPort}/` },
  },
});
