import type { Simulator } from "@wxgate/simulator";
import { parseConfig } from "./config/load.ts";
import type { GatewayConfig } from "./config/schema.ts";
import { PortError } from "./listen.ts";
import type { Registry } from "./registry.ts";

const SIMULATOR_PORT = 9100;
const MORE_PORTS = 20;
/** The type of channel the demonstration shows. */
const SHOWN = "kf";
export const DEMO_CHANNEL = "support";

export interface Demo {
  readonly simulator: Simulator;
  readonly config: GatewayConfig;
  /** Tells the simulated platform where our callbacks arrive; it checks the address as the real one does. */
  connect(publicUrl: string): Promise<void>;
}

/** What `start` runs without a configuration: simulated platforms, an echo agent, everything on loopback, data in a file of its own in ./data. */
export async function startDemo(env: Readonly<Record<string, string | undefined>>, registry: Registry): Promise<Demo> {
  const simulator = await startSimulatorAnywhere();
  const account = simulator.describe().accounts.find(({ type }) => type === SHOWN);
  if (!account) throw new Error(`the simulator holds no ${SHOWN} account`);
  const { corpId, secret, token, encodingAESKey } = account;
  const text = JSON.stringify({
    server: { host: "127.0.0.1" },
    // What was only tried is none of the business of the gateway that is configured here later.
    store: "sqlite:./data/demo.db",
    log: { level: "warn" },
    agents: { echo: { type: "echo" } },
    channels: {
      [DEMO_CHANNEL]: {
        type: SHOWN,
        corpId,
        secret,
        token,
        encodingAESKey,
        apiBaseUrl: simulator.url,
        welcomeText: "您好！有什么可以帮您？",
      },
    },
  });
  const config = await parseConfig({ file: "(demonstration)", text, directory: process.cwd(), env }, registry);

  return {
    simulator,
    config,
    async connect(publicUrl) {
      const url = `${publicUrl}/webhooks/${DEMO_CHANNEL}`;
      const { ok, check } = await simulator.registerCallback(account.account, url);
      if (!ok) throw new Error(`the simulated platform refused ${url}: ${check.reason ?? `status ${check.status}`}`);
    },
  };
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
