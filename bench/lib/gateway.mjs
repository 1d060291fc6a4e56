// The built gateway as a process of its own, in an empty folder that goes away with it.
import { fork } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ACCOUNT } from "./callbacks.mjs";
import { speakTo } from "./server-process.mjs";

const BIN = fileURLToPath(new URL("../../apps/gateway/bin/wxgate.js", import.meta.url));
const PROBE = new URL("./probe.mjs", import.meta.url).href;

/** The channel that `callbackRequests` writes to; `api` is asked for nothing but a token. */
export const appChannel = (api) => ({
  type: "wecom-agent-xml",
  corpId: ACCOUNT.corpId,
  secret: "a-secret-of-the-measurements",
  agentId: ACCOUNT.agentId,
  token: ACCOUNT.token,
  encodingAESKey: ACCOUNT.encodingAESKey,
  apiBaseUrl: api,
});

export const newFolder = () => mkdtempSync(join(tmpdir(), "wxgate-bench-"));

/** @param {{ config: object, dir?: string, preload?: string[], env?: object }} options With `dir`, a folder that was filled before. */
export async function startGateway({ config, dir = newFolder(), preload = [], env = {} }) {
  const [port, adminPort] = await freePorts(2);
  const whole = {
    server: { host: "127.0.0.1", port },
    admin: { host: "127.0.0.1", port: adminPort, token: "a-token-of-the-measurements" },
    log: { level: "error" },
    ...config,
  };
  writeFileSync(join(dir, "wxgate.yaml"), JSON.stringify(whole));
  const startedAt = performance.now();
  const child = fork(BIN, ["start", "--json"], {
    cwd: dir,
    execArgv: ["--expose-gc", ...[PROBE, ...preload].flatMap((url) => ["--import", url])],
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  const gateway = speakTo(child, "the gateway");
  const started = new Promise((resolve) => {
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
      if (output.includes('"event":"started"')) resolve();
    });
  });
  await Promise.race([started, gateway.failed]);
  return {
    ...gateway,
    port,
    dir,
    startedAt,
    startMs: performance.now() - startedAt,
    async stop() {
      await gateway.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once("listening", resolve))));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
