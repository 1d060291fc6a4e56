import { startAnswered } from "./lib/answered.mjs";
import { callbackRequests } from "./lib/callbacks.mjs";
import { median, openLoop, quantile } from "./lib/load.mjs";
import { startServer } from "./lib/server-process.mjs";
const RATE = Number(process.argv[2] ?? 2000), ROUNDS = Number(process.argv[3] ?? 4);
const durable = await startServer("durable.mjs");
const storing = await startAnswered({ preload: process.env.PRELOAD ? [process.env.PRELOAD] : [] });
let firstId = 1;
const servers = [["durable", durable.port, durable], ["storing", storing.gateway.port, storing.gateway]];
for (const [, port] of servers) { const r = callbackRequests(8000, { firstId }); firstId += 8000; await openLoop({ port, requests: r, perSecond: 1000, connections: 32 }); }
for (let i = 0; i < ROUNDS; i++) for (const [name, port, server] of servers) {
  const r = callbackRequests(RATE * 2, { firstId }); firstId += r.length;
  if (name === "storing" && process.env.PRELOAD) process.kill(storing.gateway.pid, "SIGCONT");
  const c0 = await server.cpu(); const t0 = performance.now();
  const { latenciesMs: l } = await openLoop({ port, requests: r, perSecond: RATE, connections: 32 });
  const t1 = performance.now(); const c1 = await server.cpu();
  console.log(name, "p50", median(l).toFixed(2), "p75", quantile(l, .75).toFixed(2), "p90", quantile(l, .9).toFixed(2), "p99", quantile(l, .99).toFixed(2), "cpu ms/msg", ((c1.cpuMs - c0.cpuMs) / r.length).toFixed(3), "wall", (t1 - t0).toFixed(0));
  if (name === "storing" && process.env.PRELOAD) { process.kill(storing.gateway.pid, "SIGCONT"); await new Promise((r) => setTimeout(r, 1500)); }
}
await durable.stop(); await storing.stop();
process.exit(0);
