// A gateway with one app channel, and the agent server that it asks.
import { appChannel, startGateway } from "./gateway.mjs";
import { startServer } from "./server-process.mjs";
import { until } from "./until.mjs";

export async function startAnswered(options = {}) {
  const agent = await startServer("agent.mjs");
  const gateway = await startGateway({ ...options, config: appConfig(agent.port) });
  return {
    gateway,
    agent,
    /** Until the agent has had `count` messages. */
    untilAnswered: (count) => until(async () => (await agent.ask({ ask: "count" })).count >= count),
    async stop() {
      await gateway.stop();
      await agent.stop();
    },
  };
}

export const appConfig = (port) => ({
  agents: { server: { type: "http", url: `http://127.0.0.1:${port}/agent` } },
  defaultAgent: "server",
  channels: { app: appChannel(`http://127.0.0.1:${port}`) },
});
