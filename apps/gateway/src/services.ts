import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import type { AgentPorts } from "@wxgate/agents";
import { type Channel, type ChannelPorts, RejectedError, type Store } from "@wxgate/core";
import { createDispatcher, type Dispatcher, type Observation, type SkillPlace } from "@wxgate/dispatcher";
import { createHttpClient, type HttpClient } from "@wxgate/http-client";
import { type AgentHost, createAgentHost } from "./agent-host.ts";
import { type ChannelHost, createChannelHost } from "./channel-host.ts";
import { closeInTurn } from "./close-in-turn.ts";
import type { ChannelConfig, GatewayConfig } from "./config/schema.ts";
import { type CrashPoints, createCrashPoints } from "./crash-points.ts";
import { dataFolderOf, keyFileOf } from "./data-folder.ts";
import { createEventHub, type EventHub } from "./observe/event-hub.ts";
import { createMetrics, type Metrics } from "./observe/metrics.ts";
import { logBodies, logObservation, logReplies } from "./observe/report.ts";
import { traceChannel } from "./observe/traces.ts";
import { openConfiguredStore } from "./open-store.ts";
import { childEnvironment } from "./ports/child-environment.ts";
import { systemClock } from "./ports/clock.ts";
import { createLazyConverter, type LazyConverter } from "./ports/converter.ts";
import { createInstanceFolders } from "./ports/instance-folders.ts";
import { type KeyFile, openKeyFile } from "./ports/keys.ts";
import { createMediaFiles, type MediaFiles } from "./ports/media.ts";
import { createMediaOpener } from "./ports/media-opener.ts";
import { systemRandom } from "./ports/random.ts";
import { createSealer } from "./ports/sealer.ts";
import { createUrlSigner } from "./ports/signed-url.ts";
import type { GatewayOptions } from "./runtime.ts";
import { commonKeys } from "./settings.ts";
import { agentTools } from "./tools/agent-tools.ts";
import { createToolbox, type Toolbox } from "./tools/toolbox.ts";
import { version } from "./version.ts";

/** Everything that runs behind the servers. */
export interface Services {
  readonly store: Store;
  readonly dispatcher: Dispatcher;
  readonly channels: ChannelHost;
  readonly agents: AgentHost;
  /** What agents can do, by MCP and in the built-in tool loops. */
  readonly tools: Toolbox;
  readonly files: MediaFiles;
  readonly metrics: Metrics;
  readonly events: EventHub;
  /** Closes what `openServices` opened, in the order that loses nothing. @throws NotClosedError */
  close(): Promise<void>;
}

/** What may change while the services run. */
export interface Live {
  config: GatewayConfig;
  adminUrl: string;
}

/** @throws Error in plain words when the store, the key or a folder cannot be opened. */
export async function openServices(options: GatewayOptions, live: Live): Promise<Services> {
  const { log, env, registry } = options;
  const { config } = live;
  const clock = systemClock;
  const random = systemRandom;
  const keys = openKeyFile(keyFileOf(dataFolderOf(config)));
  const files = openFiles(keys, live);
  const crash = createCrashPoints(env.WXGATE_CRASH_AT, options.kill);
  const sealer = createSealer(keys, random);
  const store = crash.store(await openConfiguredStore(config.store, { clock, random, sealer, log }));
  const metrics = createMetrics();
  const events = createEventHub(clock.now);
  const agentHttp = createHttpClient({ env, network: { timeoutMs: config.dispatch.turnTimeoutMs, retries: 0 } });

  const observe = (observation: Observation) => {
    metrics.observe(observation);
    events.publish(observation);
    logObservation(log, observation);
  };
  const worker = `${hostname()}-${process.pid}-${randomBytes(4).toString("hex")}`;
  const instanceFolder = createInstanceFolders(dataFolderOf(config), (agent) => live.config.agents[agent]?.type);
  const dispatcher = createDispatcher({
    store,
    clock,
    random,
    log,
    media: files,
    worker,
    observe,
    instanceFolder,
    skills: (place) => skillsAt(place),
  });

  // Where the media store looks for leftovers of a crash, too.
  const scratchDir = join(config.media.dir, "tmp");
  const converter = createLazyConverter(scratchDir, env.PATH);
  const createPorts = (id: string, channel: ChannelConfig) =>
    channelPorts(id, channel, { options, live, store, dispatcher, files, converter, scratchDir });
  const decorate = (channel: Channel) => decorateChannel(channel, { options, live, crash });
  const channels = createChannelHost({ types: registry.channels, clock, random, log, createPorts, decorate });

  const everywhere = () => live.config.tools.everywhere;
  const { target, send, discard, schedules } = dispatcher;
  const tools = createToolbox(async () => {
    const { gatewayTools } = await import("./tools/gateway-tools.ts");
    return gatewayTools(
      { store, channels: channels.channels, target, send, discard, schedules },
      {
        channels: channels.channels,
        portsOf: channels.portsOf,
        urlOf: (id) => textOf(live.config.channels[id]?.keys.url),
        files,
        ports: { clock, random, log, version },
      },
    );
  }, log);

  const skillsAt = (turn: SkillPlace) =>
    tools.skills({ kind: "turn", turn, everywhere: everywhere().includes(turn.agent) });

  const agentPorts = (name: string): AgentPorts => ({
    fetch: agentHttp.fetch,
    clock,
    random,
    log: log.child({ agent: name }),
    // A channel's id has no colon, so the two never meet.
    state: store.state(`agent:${name}`),
    baseDir: config.directory,
    env: childEnvironment(env),
    tools: agentTools(tools, everywhere),
    async openMedia(id) {
      const media = await files.open({ id, mime: "application/octet-stream" });
      if (media) return media;
      throw new RejectedError("the file is no longer kept", { code: "media.not-found" });
    },
  });
  const agents = createAgentHost(registry.agents, agentPorts, (agent) => crash.agent(agent), log);

  return {
    store,
    dispatcher,
    channels,
    agents,
    tools,
    files,
    metrics,
    events,
    close: () =>
      closeInTurn(
        [
          ["channels", channels.close],
          ["agents", agents.close],
          ["connections of the agents", agentHttp.close],
          ["store", () => store.close()],
        ],
        log,
      ),
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function openFiles(keys: KeyFile, live: Live): MediaFiles {
  const signer = createUrlSigner(keys.derive("signed addresses"), systemClock.now, () => live.adminUrl);
  return createMediaFiles(live.config.media, signer, systemClock);
}

interface Surroundings {
  readonly options: GatewayOptions;
  readonly live: Live;
  readonly store: Store;
  readonly dispatcher: Dispatcher;
  readonly files: MediaFiles;
  readonly converter: LazyConverter;
  readonly scratchDir: string;
}

function channelPorts(
  id: string,
  channel: ChannelConfig,
  { options, live, store, dispatcher, files, converter, scratchDir }: Surroundings,
): { http: HttpClient; ports: ChannelPorts } {
  const { egressProxyUrl, network, mediaLocalRoots } = commonKeys(channel);
  const { log, env } = options;
  const http = createHttpClient({ env, egressProxyUrl, network });
  const { maxBytes } = live.config.media;
  return {
    http,
    ports: {
      inbox: logBodies(dispatcher.inbox(id), log, () => live.config.log.bodies),
      fetch: http.fetch,
      openSocket: http.openSocket,
      clock: systemClock,
      random: systemRandom,
      log,
      state: store.state(id),
      media: createMediaOpener({
        http,
        files,
        localRoots: mediaLocalRoots,
        maxBytes,
        converter,
        scratchDir,
        clock: systemClock,
      }),
      own: dispatcher.own(id),
      instant: dispatcher.instant(id),
    },
  };
}

function decorateChannel(
  channel: Channel,
  { options, live, crash }: { options: GatewayOptions; live: Live; crash: CrashPoints },
): Channel {
  return traceChannel(crash.channel(logReplies(channel, options.log, () => live.config.log.bodies)));
}
