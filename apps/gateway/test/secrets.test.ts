import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { startSimulator } from "@wxgate/simulator";
import { expect, it, onTestFinished } from "vitest";
import { type GatewayUnderTest, startGateway, TOKEN, waitFor } from "./harness.ts";

const KF_SECRET = "CanaryKfSecret-7d1e";
const CALLBACK_TOKEN = "CanaryCallbackToken9";
const AES_KEY = "CanaryEncodingAESKey0000000000000000000000w";
const AGENT_SECRET = "CanaryAgentSecret-51";
const AGENT_HEADER = "CanaryAgentHeader-27";
const PROXY_PASSWORD = "CanaryProxyPassword3";
const CONFIGURED = [KF_SECRET, CALLBACK_TOKEN, AES_KEY, AGENT_SECRET, AGENT_HEADER, PROXY_PASSWORD, TOKEN];

const OPEN_KFID = "wkSimAccount00000000000001";

/** Everything the admin API can be asked. */
const READS = [
  "channels",
  "channels?probe=true",
  "status",
  "conversations",
  "deliveries",
  "events",
  "logs",
  "audit",
  "session",
];

it("shows no credential in any log, error, metric, API answer or database file", async () => {
  const sim = await startSimulator({
    corps: [
      {
        corpId: "wwcanary",
        kf: {
          secret: KF_SECRET,
          token: CALLBACK_TOKEN,
          encodingAESKey: AES_KEY,
          accounts: [{ openKfId: OPEN_KFID, name: "Support" }],
        },
      },
    ],
  });
  onTestFinished(() => sim.close());
  const gateway = await startGateway({
    sim,
    config: {
      agents: {
        echo: { type: "echo" },
        ops: {
          type: "http",
          url: "http://127.0.0.1:1/agent",
          secret: AGENT_SECRET,
          headers: { "x-key": AGENT_HEADER },
        },
      },
      defaultAgent: "echo",
      bindings: [{ peer: "nobody", agent: "ops" }],
      channels: {
        support: {
          type: "kf",
          corpId: "wwcanary",
          secret: KF_SECRET,
          token: CALLBACK_TOKEN,
          encodingAESKey: AES_KEY,
          apiBaseUrl: sim.url,
          egressProxyUrl: `http://user:${PROXY_PASSWORD}@127.0.0.1:1`,
          network: { timeoutMs: 500, retries: 0 },
        },
      },
    },
  });

  await goThroughGoodAndBad(gateway);

  const issued = sim
    .log({ kind: "request" })
    .entries.flatMap(({ query }) => (query.access_token === undefined ? [] : [query.access_token]));
  const secrets = [...new Set([...CONFIGURED, ...issued])];
  expect(secrets.length).toBeGreaterThan(CONFIGURED.length);
  const places = await everythingVisible(gateway);
  const found = Object.entries(places).flatMap(([place, text]) =>
    secrets.filter((secret) => text.includes(secret)).map((secret) => `${secret} in ${place}`),
  );
  expect(found).toEqual([]);
});

async function goThroughGoodAndBad(gateway: GatewayUnderTest): Promise<void> {
  const { sim } = gateway;
  await gateway.customerWrites("hello");
  await waitFor(() => gateway.repliesTo().length === 1);

  sim.setFaults([{ name: "qyapi.timeout" }]);
  await gateway.customerWrites("into the silence");
  await waitFor(() => gateway.log().includes('"level":"warn"'));
  sim.clearFaults();
  sim.setFaults([{ name: "qyapi.token-revoked", count: 1 }]);
  await gateway.customerWrites("with a revoked token");
  await waitFor(() => gateway.repliesTo().length >= 2, { timeoutMs: 15_000 });
  await fetch(`${gateway.publicUrl}/webhooks/support?msg_signature=0&timestamp=1&nonce=2`, {
    method: "POST",
    body: "x",
  });
  await fetch(`${gateway.adminUrl}/api/channels`, { headers: { authorization: "Bearer wrong" } });
  await gateway.api("/api/reload", { method: "POST" });
}

async function everythingVisible(gateway: GatewayUnderTest): Promise<Record<string, string>> {
  const places: Record<string, string> = { log: gateway.log(), stdout: gateway.stdout() };
  for (const path of READS) places[path] = JSON.stringify(await gateway.api(`/api/${path}`));
  const metrics = await fetch(`${gateway.adminUrl}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
  places.metrics = await metrics.text();
  for (const command of [["check"], ["doctor"], ["channels", "status", "--probe"], ["logs"]]) {
    const { stdout, stderr } = await gateway.cli(...command);
    places[command.join(" ")] = stdout + stderr;
  }
  for (const file of filesBelow(join(gateway.dir, "data"))) places[file] = readFileSync(file).toString("latin1");
  return places;
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}
