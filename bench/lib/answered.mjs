// A gateway with one app channel, and the agent server that it asks.
import { setTimeout as wait } from "node:timers/promises";
import { appChannel, startGateway } from "./gateway.mjs";
import { startServer } from "./server-process.mjs";

export async function startAnswered(options = {}) {
  const agent = await startServer("agent.mjs");
  const gateway = await startGateway({ ...options, config: appConfig(agent.port) });
  return {
    gateway,
    agent,
    /** Until the agent has had `count` messages. */
    async untilAnswered(count, limitMs = 120_000) {
      const until = performance.now() + limitMs;
      for (;;) {
        const has = (await agent.ask({ ask: "count" })).count;
        if (has >= count) return;
        if (performance.now() > until) throw new Error(`the agent had ${has} of ${count} messages in time`);
        await wait(20);
      }
    },
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
