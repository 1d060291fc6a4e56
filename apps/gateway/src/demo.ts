import type { Simulator } from "@wxgate/simulator";
import { parseConfig } from "./config/load.ts";
import type { GatewayConfig } from "./config/schema.ts";
import { PortError } from "./listen.ts";
import type { Registry } from "./registry.ts";

const SIMULATOR_PORT = 9100;
const MORE_PORTS = 20;
export const DEMO_CHANNEL = "support";

interface Shown {
  /** The channel's id. */
  readonly id: string;
  /** Of its configuration; the simulator describes an account under the same names. */
  readonly keys: readonly string[];
  /** What the demonstration adds. */
  readonly more?: Readonly<Record<string, string>>;
}

/** One channel for each kind of account; that of customer service serves all accounts of its enterprise. */
const SHOWN: Readonly<Record<string, Shown>> = {
  kf: {
    id: DEMO_CHANNEL,
    keys: ["corpId", "secret", "token", "encodingAESKey", "apiBaseUrl"],
    more: { welcomeText: "您好！有什么可以帮您？" },
  },
  "wecom-agent-xml": {
    id: "app",
    keys: ["corpId", "secret", "agentId", "token", "encodingAESKey", "apiBaseUrl"],
  },
  "wecom-bot-ws": { id: "bot", keys: ["botId", "secret", "url"] },
  "wecom-bot-webhook": { id: "callback-bot", keys: ["botId", "token", "encodingAESKey", "apiBaseUrl"] },
  // Elsewhere strangers are asked for a code; here everybody is you.
  "weixin-ilink": { id: "personal", keys: ["token", "userId", "baseUrl", "cdnBaseUrl"], more: { dmPolicy: "open" } },
};

type Account = ReturnType<Simulator["describe"]>["accounts"][number];

export interface Demo {
  readonly simulator: Simulator;
  readonly config: GatewayConfig;
  /** Tells the simulated platform where our callbacks arrive; it checks each address as the real one does. */
  connect(publicUrl: string): Promise<void>;
}

/** What `start` runs without a configuration: simulated platforms, an echo agent, everything on loopback, data in a file of its own in ./data. */
export async function startDemo(env: Readonly<Record<string, string | undefined>>, registry: Registry): Promise<Demo> {
  const simulator = await startSimulatorAnywhere();
  const accounts = Object.keys(SHOWN).map((type) => accountOf(simulator, type));
  const text = JSON.stringify({
    server: { host: "127.0.0.1" },
    // What was only tried is none of the business of the gateway that is configured here later.
    store: "sqlite:./data/demo.db",
    log: { level: "warn" },
    agents: { echo: { type: "echo" } },
    channels: Object.fromEntries(accounts.map((account) => [SHOWN[account.type]!.id, channelOf(account)])),
  });
  const config = await parseConfig({ file: "(demonstration)", text, directory: process.cwd(), env }, registry);

  return {
    simulator,
    config,
    async connect(publicUrl) {
      const called = accounts.filter(({ encodingAESKey }) => encodingAESKey !== undefined);
      await Promise.all(called.map((account) => connectAccount(simulator, account, publicUrl)));
    },
  };
}

function accountOf(simulator: Simulator, type: string): Account {
  const account = simulator.describe().accounts.find((one) => one.type === type);
  if (!account) throw new Error(`the simulator holds no ${type} account`);
  return account;
}

function channelOf(account: Account): Readonly<Record<string, unknown>> {
  const { keys, more } = SHOWN[account.type]!;
  return { type: account.type, ...Object.fromEntries(keys.map((key) => [key, account[key]])), ...more };
}

async function connectAccount(simulator: Simulator, { type, account }: Account, publicUrl: string): Promise<void> {
  const url = `${publicUrl}/webhooks/${SHOWN[type]!.id}`;
  const { ok, check } = await simulator.registerCallback(account, url);
  if (!ok) throw new Error(`the simulated platform refused ${url}: ${check.reason ?? `status ${check.status}`}`);
}

async function startSimulatorAnywhere(): Promise<Simulator> {
  // Loaded only for a demonstration: a gateway in earnest has no use for it.
  const { startSimulator } = await import("@wxgate/simulator");
  for (let port = SIMULATOR_PORT; ; port++) {
    try {
      return await startSimulator({ port });
    } catch (error) {
      const cause = error as NodeJS.ErrnoException;
      if (cause.code !== "EADDRINUSE" || port >= SIMULATOR_PORT + MORE_PORTS) {
        throw new PortError("simulator", "127.0.0.1", port, cause);
      }
    }
  }
}
