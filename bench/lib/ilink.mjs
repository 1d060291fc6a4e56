// The two clients of iLink that are compared: the built gateway, and the official client in a process of its own.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newFolder, startGateway } from "./gateway.mjs";
import { BOT, contextToken, startIlinkPlatform } from "./ilink-platform.mjs";
import { startServer } from "./server-process.mjs";

export const ilinkChannel = (url, more = {}) => ({
  type: "weixin-ilink",
  token: BOT.token,
  userId: BOT.userId,
  baseUrl: url,
  cdnBaseUrl: `${url}/cdn`,
  gapMs: 0,
  ...more,
});

export const startOurs = ({ url }, { channel = {}, ...config } = {}) =>
  startGateway({
    config: {
      agents: { server: { type: "http", url: `${url}/agent` } },
      defaultAgent: "server",
      channels: { me: { ...ilinkChannel(url, channel), dmPolicy: "open" } },
      ...config,
    },
  });

/** A platform, an agent and a client that connects the two. */
export async function openIlinkWorld(agent, start = startOurs) {
  const platform = await startIlinkPlatform(agent);
  const client = await start(platform);
  return {
    agent,
    platform,
    ...client,
    write: (person) => ({ id: platform.write(person), stored: Promise.resolve() }),
    async stop() {
      await client.stop();
      platform.stop();
    },
  };
}

/** The channel with its store alone. */
export const startChannel = ({ url }) => startServer("ilink-channel.mjs", [url]);

/** Without an agent it goes no further than its own part of a message's way. `known` wrote before it started. */
export async function startOfficial({ url }, { known = [], withAgent = true } = {}) {
  const dir = newFolder();
  const folder = join(dir, "openclaw-weixin", "accounts");
  mkdirSync(folder, { recursive: true });
  const tokens = Object.fromEntries(known.map((person) => [person, contextToken()]));
  writeFileSync(join(folder, "bench-im-bot.context-tokens.json"), JSON.stringify(tokens));
  const env = { OPENCLAW_STATE_DIR: dir, HOME: dir, PLATFORM_URL: url, BOT_TOKEN: BOT.token };
  const client = await startServer("weixin-official.mjs", [], {
    ...env,
    ...(withAgent ? { AGENT_URL: `${url}/agent` } : {}),
  });
  return {
    ...client,
    async stop() {
      await client.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
