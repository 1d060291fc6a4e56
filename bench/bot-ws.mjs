// The bot's long connection: our channel and the official SDK, side by side, against the same server in its own process.
import { setTimeout as sleep } from "node:timers/promises";
import { WSClient } from "@wecom/aibot-node-sdk";
import { serve } from "@wxgate/core";
import { createWecomBotWsChannel } from "@wxgate/wecom-bot-ws";
import { createCollector } from "./lib/collector.mjs";
import { median } from "./lib/load.mjs";
import { note, report } from "./lib/report.mjs";
import { startServer } from "./lib/server-process.mjs";

const MESSAGES = 20_000;
const ROUNDS = 5;
const LANES = 64;
const OPEN = 10_000;
const TRIP_MS = 50;
const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

const startPlatform = async (delayMs) => {
  const server = await startServer("bot-ws.mjs", [String(delayMs)]);
  return { ...server, url: `ws://127.0.0.1:${server.port}/` };
};

async function ours(url) {
  const config = { botId: "aibBench", secret: "bench", url };
  const served = await serve(createWecomBotWsChannel, config, () => {}, { log: silent });
  const stop = new AbortController();
  const running = served.run(stop.signal);
  while (served.channel.health().state !== "ok") await sleep(5);
  const { bot } = served.channel;
  return {
    send: (index) =>
      bot.sendMessage({ id: `u${index}`, kind: "direct" }, { msgtype: "markdown", markdown: { content: "hello" } }),
    hold: (index) => bot.respond(`req-${index}`, { msgtype: "markdown", hold: true, markdown: { content: "hello" } }),
    async close() {
      stop.abort();
      await running;
      await served.close();
    },
  };
}

async function official(url) {
  const client = new WSClient({ botId: "aibBench", secret: "bench", wsUrl: url, logger: silent });
  const ready = new Promise((resolve) => client.once("authenticated", resolve));
  client.connect();
  await ready;
  return {
    send: (index) => client.sendMessage(`u${index}`, { msgtype: "markdown", markdown: { content: "hello" } }),
    close: async () => client.disconnect(),
  };
}

async function rate(client) {
  let next = 0;
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: LANES }, async () => {
      while (next < MESSAGES) await client.send(next++);
    }),
  );
  return MESSAGES / ((performance.now() - startedAt) / 1000);
}

export async function run() {
  const fast = await startPlatform(0);
  await compareRates(fast.url);
  await weighOpenFrames(fast.url);
  await fast.stop();
  await timeRoundTrips();
}

async function compareRates(url) {
  const rates = { ours: [], official: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, create] of [
      ["ours", ours],
      ["official", official],
    ]) {
      const client = await create(url);
      rates[name].push(await rate(client));
      await client.close();
    }
  }
  note(`ours ${median(rates.ours).toFixed(0)}/s, official SDK ${median(rates.official).toFixed(0)}/s`);
  const ratio = median(rates.ours.map((mine, round) => mine / rates.official[round]));
  report("messages a second over the official SDK", ratio, { least: 1.3, unit: "x" });
}

async function weighOpenFrames(url) {
  const collect = createCollector();
  const client = await ours(url);
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < OPEN; index += 1) client.hold(index).catch(() => {});
  await sleep(200);
  collect();
  report(`heap per open req_id at ${OPEN}`, (process.memoryUsage().heapUsed - before) / OPEN, {
    most: 2048,
    unit: "B",
  });
  await client.close();
}

async function timeRoundTrips() {
  const slow = await startPlatform(TRIP_MS);
  const client = await ours(slow.url);
  await client.send(0);
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: 20 }, (_, index) => client.send(index)));
  report("20 frames, in round trips", (performance.now() - startedAt) / TRIP_MS, { most: 2.5, unit: "trips" });
  await client.close();
  await slow.stop();
}
