import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Agent, Channel, ChannelPorts } from "@wxgate/core";
import { onTestFinished } from "vitest";
import { z } from "zod";
import { parseConfig } from "../src/config/load.ts";
import { createLogBook } from "../src/observe/log-book.ts";
import { createLogger } from "../src/ports/logger.ts";
import { registry } from "../src/registry.ts";
import { startGateway } from "../src/runtime.ts";
import type { Json } from "./harness.ts";

/*
 * The gateway in this process, with channels and agents that count how often they are made and closed, and that fail when
 * the test says so.
 */

interface Made {
  readonly id: string;
  readonly ports: Pick<ChannelPorts, "fetch">;
  closed: number;
}

/** A channel that asks its platform once only. */
export const FAKE = { type: "fake", network: { retries: 0 } };
export const UNMAKABLE = "unmakable";
export const UNCLOSABLE = "unclosable";

function createFakes() {
  const channels: Made[] = [];
  const agents: { readonly name: string; closed: number }[] = [];

  function createChannel(id: string, ports: ChannelPorts, how: unknown): Channel {
    const made: Made = { id, ports, closed: 0 };
    channels.push(made);
    if (how === UNMAKABLE) throw new Error(`${id} cannot be made`);
    return {
      id,
      type: "fake",
      webhook: async (request) => new Response(await request.text()),
      target: () => ({ channel: id, account: "a", peer: "p", kind: "direct" }),
      prepare: () => [],
      send: async () => ({}),
      health: () => ({ state: "ok", accounts: [] }),
      async close() {
        made.closed++;
        if (how === UNCLOSABLE) throw new Error(`${id} cannot be closed`);
      },
    };
  }

  function createAgent(name: string): Agent {
    const made = { name, closed: 0 };
    agents.push(made);
    return {
      async *respond() {},
      async close() {
        made.closed++;
      },
    };
  }

  const channelType = {
    schema: z.object({ type: z.literal("fake"), how: z.string().optional() }),
    credentials: [],
    english: {},
    own: ({ how }: Json) => ({ how }),
    create: (id: string, { how }: Json, ports: ChannelPorts) => createChannel(id, ports, how),
  };
  const agentType = { schema: z.object({ type: z.literal("fake") }), summarizes: false, create: createAgent };
  return {
    channels,
    agents,
    registry: {
      channels: { ...registry.channels, fake: async () => channelType },
      agents: { ...registry.agents, fake: async () => agentType },
    },
  };
}

export const newFolder = () => {
  const dir = mkdtempSync(join(tmpdir(), "wxgate-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
};

const LOCAL = { host: "127.0.0.1", port: 0 };

export async function startWithFakes(changes: Json, dir = newFolder()) {
  const fakes = createFakes();
  const lines: string[] = [];
  const logs = createLogBook((line) => lines.push(line));
  const base = { server: LOCAL, admin: LOCAL, agents: { first: { type: "fake" } }, ...changes };
  let wanted: Json = base;
  const readConfig = () =>
    parseConfig(
      { file: join(dir, "wxgate.yaml"), text: JSON.stringify(wanted), directory: dir, env: {} },
      fakes.registry,
    );
  const gateway = await startGateway({
    config: await readConfig(),
    readConfig,
    registry: fakes.registry,
    env: {},
    log: createLogger("info", logs),
    logs,
    kill: () => {},
  });
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= gateway.stop();
    return stopping;
  };
  onTestFinished(() => stop().catch(() => {}));
  return {
    fakes,
    gateway,
    log: () => lines.join(""),
    stop,
    reload(changes: Json) {
      wanted = { ...base, ...changes };
      return gateway.reload();
    },
  };
}

/** A port that somebody else has, until it is released. */
export async function takePort() {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const release = () => new Promise<void>((resolve) => void server.close(() => resolve()));
  onTestFinished(release);
  const { port } = server.address() as { port: number };
  return { port, release };
}

export async function freePort(): Promise<number> {
  const { port, release } = await takePort();
  await release();
  return port;
}

/** A callback that the gateway has begun with, and whose body has not come yet. */
export async function callbackAtWork(url: string) {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk;
  });
  const begun = once(socket, "data");
  const ended = once(socket, "close");
  socket.write(`POST ${pathname} HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n`);
  await begun;
  return {
    async finish() {
      socket.write("body");
      await ended;
      return answer;
    },
  };
}

export const isClosed = ({ ports }: Made) =>
  ports.fetch("http://127.0.0.1:9/").then(
    () => false,
    (error: { code?: string }) => error.code === "http.closed",
  );
