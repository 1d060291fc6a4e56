import { ACCOUNT, callbackRequests, doorbellRequests } from "./lib/callbacks.mjs";
import { startGateway } from "./lib/gateway.mjs";
import { median, openLoop, quantile } from "./lib/load.mjs";
import { startServer } from "./lib/server-process.mjs";
const RATE = Number(process.argv[2] ?? 500), ROUNDS = Number(process.argv[3] ?? 4);
const raw = await startServer("raw.mjs"); const agent = await startServer("agent.mjs");
const bell = await startGateway({ preload: process.env.PRELOAD ? [process.env.PRELOAD] : [], config: { channels: { support: { type: "kf", corpId: ACCOUNT.corpId, secret: "a-secret-of-the-measurements", token: ACCOUNT.token, encodingAESKey: ACCOUNT.encodingAESKey, apiBaseUrl: `http://127.0.0.1:${agent.port}`, path: "/webhooks/app" } } } });
let firstId = 1;
for (const [port, render] of [[raw.port, callbackRequests], [bell.port, doorbellRequests]]) { const r = render(8000, { firstId }); firstId += 8000; await openLoop({ port, requests: r, perSecond: 1000, connections: 32 }); }
for (let i = 0; i < ROUNDS; i++) for (const [name, port, render, server] of [["raw", raw.port, callbackRequests, raw], ["bell", bell.port, doorbellRequests, bell]]) {
  const r = render(RATE * 2, { firstId }); firstId += r.length;
  if (name === "bell" && process.env.PRELOAD) process.kill(bell.pid, "SIGCONT");
  const c0 = await server.cpu();
  const { latenciesMs: l } = await openLoop({ port, requests: r, perSecond: RATE, connections: 32 });
  const c1 = await server.cpu();
  console.log(name, "p50", median(l).toFixed(3), "p75", quantile(l, .75).toFixed(2), "p90", quantile(l, .9).toFixed(2), "p99", quantile(l, .99).toFixed(2), "cpu", ((c1.cpuMs - c0.cpuMs) / r.length).toFixed(3));
  if (name === "bell" && process.env.PRELOAD) { process.kill(bell.pid, "SIGCONT"); await new Promise((r) => setTimeout(r, 1500)); }
}
await raw.stop(); await bell.stop(); await agent.stop(); process.exit(0);
