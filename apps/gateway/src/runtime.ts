import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Channel } from "@wxgate/core";
import { type AdminServer, createAdminServer } from "./admin/admin-server.ts";
import type { AgentView, GatewayView, ReloadResult } from "./admin/gateway.ts";
import { closeInTurn } from "./close-in-turn.ts";
import { agentKeys } from "./config/agent-keys.ts";
import { ConfigError } from "./config/problems.ts";
import type { ChannelConfig, GatewayConfig } from "./config/schema.ts";
import { dataFolderOf, readGatewayFile, writeGatewayFile } from "./data-folder.ts";
import { keepHouse } from "./housekeeping.ts";
import { listenOn, urlOf } from "./listen.ts";
import type { LogBook } from "./observe/log-book.ts";
import { secretsOf } from "./observe/secrets.ts";
import { systemClock } from "./ports/clock.ts";
import type { RootLogger } from "./ports/logger.ts";
import { systemRandom } from "./ports/random.ts";
import { type CallbackBook, createCallbackBook } from "./public/callback-book.ts";
import { createPublicServer } from "./public/public-server.ts";
import { type Mounted, mountRoutes, type WebhookRoute } from "./public/routes.ts";
import type { Registry } from "./registry.ts";
import { type Live, openServices, type Services } from "./services.ts";
import { commonKeys, dispatcherSettings, pathsOf } from "./settings.ts";
import { version } from "./version.ts";

export interface GatewayOptions {
  readonly config: GatewayConfig;
  /** Reads the configuration again. @throws ConfigError. */
  readonly readConfig: () => Promise<GatewayConfig>;
  readonly registry: Registry;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: RootLogger;
  readonly logs: LogBook;
  /** Takes the next free port where one is busy. */
  readonly anyPort?: boolean;
  /** Ends the process at once; for tests of what survives. */
  readonly kill: () => void;
}

export interface Gateway {
  readonly publicUrl: string;
  readonly adminUrl: string;
  readonly token: string;
  reload(): Promise<ReloadResult>;
  /**
   * Takes no more callbacks, lets what runs finish for some seconds, gives the rest back and closes everything.
   *
   * @throws NotClosedError when a part of it failed; all others were closed
   */
  stop(): Promise<void>;
}

/** What a configuration asks for, made but not in use. */
interface Prepared {
  readonly changed: readonly string[];
  readonly routes: ReadonlyMap<string, Mounted>;
  /** Puts it in the place of what runs. */
  commit(): void;
  /** Begins what is new, after `commit`. */
  start(): void;
  /** Drops it, instead of `commit`. */
  abandon(): Promise<void>;
}

/** One running gateway: servers in front, services behind. @throws Error in plain words; nothing is left running then. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { log, logs } = options;
  const live: Live = { config: options.config, adminUrl: "" };
  const token = adminToken(options.config);
  const showNoSecrets = () => logs.hide([token, ...secretsOf(live.config)]);
  showNoSecrets();

  const services = await openServices(options, live);
  const callbacks = createCallbackBook(systemClock);
  const work = new AbortController();
  let state: "starting" | "running" | "stopping" = "starting";
  let publicServer = createPublicServer({ log, metrics: services.metrics });
  let publicUrl = "";
  let admin: AdminServer | undefined;
  let reloading: Promise<unknown> = Promise.resolve();

  /** Makes everything `config` asks for; only when all of it could be made does anything that runs change. */
  async function prepare(config: GatewayConfig): Promise<Prepared> {
    const agents = await services.agents.prepare(config.agents);
    const channels = await attempt(() => services.channels.prepare(switchedOn(config)), agents.abandon);
    const routes = mountRoutes(routesOf(config, channels.channels, callbacks));
    return {
      changed: [...agents.changed.map((name) => `agents.${name}`), ...channels.changed.map((id) => `channels.${id}`)],
      routes,
      start: channels.start,
      async abandon() {
        await Promise.all([agents.abandon(), channels.abandon()]);
      },
      commit() {
        agents.commit();
        channels.commit();
        live.config = config;
        const { dispatcher } = services;
        dispatcher.configure(dispatcherSettings(config, services.channels.channels(), services.agents.agents()));
        publicServer.mount(routes);
        log.setLevel(config.log.level);
        showNoSecrets();
      },
    };
  }

  async function reloadNow(): Promise<ReloadResult> {
    try {
      const next = await options.readConfig();
      const needsRestart = FIXED.filter((section) => !isDeepStrictEqual(next[section], live.config[section]));
      const before = live.config;
      const kept = { admin: before.admin, store: before.store, media: before.media };
      const prepared = await prepare({ ...next, ...kept });
      if (isDeepStrictEqual(next.server, before.server)) takeUp(prepared);
      else await takeUpAt(next.server, prepared);
      await resumeChanged(prepared.changed);
      const sections = LIVE.filter((section) => !isDeepStrictEqual(next[section], before[section]));
      const changed = [...new Set([...sections, ...prepared.changed, ...otherwiseChanged(before, next)])];
      log.info({ changed, needsRestart }, "configuration reloaded");
      return { ok: true, changed, needsRestart };
    } catch (error) {
      const problems = problemsOf(error);
      log.error(
        { problems: problems.length, first: problems[0]?.message },
        "configuration not reloaded, the old one stays",
      );
      return { ok: false, problems };
    }
  }

  /** What an operator has just set right need not wait for the end of its pause. */
  async function resumeChanged(changed: readonly string[]): Promise<void> {
    for (const { channel, account } of await services.store.pausedAccounts()) {
      if (changed.includes(`channels.${channel}`)) await services.store.resumeAccount(channel, account);
    }
  }

  function takeUp(prepared: Prepared): void {
    prepared.commit();
    prepared.start();
  }

  /** The old address answers until the new one does, by the new routes from its first callback on. */
  async function takeUpAt(place: GatewayConfig["server"], prepared: Prepared): Promise<void> {
    const old = publicServer;
    const next = createPublicServer({ log, metrics: services.metrics });
    next.mount(prepared.routes);
    const address = await attempt(
      () => listenOn(next, "server", place, false),
      () => Promise.all([next.close(), prepared.abandon()]),
    );
    takeUp(prepared);
    publicServer = next;
    publicUrl = urlOf(address);
    await old.close().catch((error: unknown) => log.error({ err: error }, "the old address could not be closed"));
  }

  function view(): GatewayView {
    const { store, dispatcher, files, metrics, events } = services;
    return {
      version,
      startedAt: systemClock.now(),
      store,
      clock: systemClock,
      random: systemRandom,
      log,
      events,
      logs,
      metrics,
      channels: () =>
        Object.entries(live.config.channels).map(([id, entry]) => describeChannel(id, entry, live.config, services)),
      agents: () => describeAgents(live.config, services),
      pairing: dispatcher.pairing,
      permissions: dispatcher.permissions,
      target: (channel, text) => dispatcher.target(channel, text),
      send: (to, content, source) => dispatcher.send(to, content, source),
      discard: (id) => dispatcher.discard(id),
      schedules: dispatcher.schedules,
      callbacksOf: callbacks.timesOf,
      tools: services.tools,
      reload,
      media: { keep: (stream, signal) => files.keepFile(stream, signal), openSigned: files.openSigned },
      notReady: () => (state === "running" ? undefined : state),
    };
  }

  function reload(): Promise<ReloadResult> {
    const next = reloading.then(reloadNow);
    reloading = next;
    return next;
  }

  function endOf(working: Promise<unknown>): Promise<unknown> {
    work.abort();
    return working;
  }

  function closeAll(): Promise<void> {
    return closeInTurn(
      [
        ["public server", () => publicServer.close()],
        ["admin server", async () => admin?.close()],
        ["services", services.close],
      ],
      log,
    );
  }

  try {
    const prepared = await prepare(options.config);
    prepared.commit();
    const { server, admin: adminPlace } = options.config;
    publicUrl = urlOf(await listenOn(publicServer, "server", server, options.anyPort ?? false));
    admin = createAdminServer(view(), token);
    live.adminUrl = urlOf(await listenOn(admin, "admin", adminPlace, options.anyPort ?? false));
    rememberWhereWeAre(live, token);
    const working = Promise.all([
      services.dispatcher.run(work.signal, GRACE_MS),
      keepHouse({ store: services.store, media: services.files.store, clock: systemClock, log }, work.signal),
    ]);
    prepared.start();
    state = "running";

    return {
      get publicUrl() {
        return publicUrl;
      },
      adminUrl: live.adminUrl,
      token,
      reload,
      async stop() {
        state = "stopping";
        publicServer.drain();
        await reloading;
        await closeInTurn(
          [
            ["runs of the channels", services.channels.stop],
            ["turns and deliveries", () => endOf(working)],
            ["servers and services", closeAll],
          ],
          log,
        );
      },
    };
  } catch (error) {
    // What could not be closed was logged; the caller wants to know why nothing runs.
    await closeAll().catch(() => {});
    throw error;
  }
}

/** How long turns and deliveries may go on after the order to stop; most supervisors kill after ten seconds. */
const GRACE_MS = 7_000;
/** Sections that a running process cannot change. */
const FIXED = ["admin", "store", "media"] as const;
const LIVE = ["server", "log", "dispatch", "bindings", "accessGroups", "defaultAgent", "tools"] as const;

async function attempt<T>(make: () => Promise<T>, undo: () => Promise<unknown>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    await undo();
    throw error;
  }
}

function switchedOn(config: GatewayConfig): Readonly<Record<string, ChannelConfig>> {
  return Object.fromEntries(Object.entries(config.channels).filter(([, entry]) => commonKeys(entry).enabled));
}

/** Channels with other settings, also of the kind that is obeyed around a channel and needs no new one. */
function otherwiseChanged(before: GatewayConfig, next: GatewayConfig): readonly string[] {
  const ids = new Set([...Object.keys(before.channels), ...Object.keys(next.channels)]);
  return [...ids]
    .filter((id) => !isDeepStrictEqual(before.channels[id], next.channels[id]))
    .map((id) => `channels.${id}`);
}

function routesOf(
  config: GatewayConfig,
  channels: ReadonlyMap<string, Channel>,
  callbacks: CallbackBook,
): readonly WebhookRoute[] {
  return [...channels].flatMap(([id, channel]) => {
    const entry = config.channels[id];
    const { webhook } = channel;
    return webhook && entry
      ? [{ id, paths: pathsOf(id, entry), webhook: callbacks.watch(id, webhook.bind(channel)) }]
      : [];
  });
}

function describeChannel(id: string, entry: ChannelConfig, config: GatewayConfig, services: Services) {
  const channel = services.channels.channels().get(id);
  const { enabled, agent = config.defaultAgent } = commonKeys(entry);
  const paths = channel?.webhook ? pathsOf(id, entry) : [];
  return { id, type: entry.type, enabled, agent, paths, ...(channel && { channel }) };
}

function describeAgents({ agents }: GatewayConfig, services: Services): readonly AgentView[] {
  const standings = services.agents.standings();
  return Object.entries(agents).map(([name, config]) => {
    const standing = standings.get(name);
    return { name, type: config.type, fallback: agentKeys(config).fallback, ...(standing && { standing }) };
  });
}

function problemsOf(error: unknown) {
  if (error instanceof ConfigError) return error.problems;
  const message = error instanceof Error ? error.message : String(error);
  return [{ file: "", line: 1, column: 1, path: "", message }];
}

const TOKEN_BYTES = 24;

/** The configured token, else the one made on an earlier start, else a new one. */
function adminToken(config: GatewayConfig): string {
  const { token } = config.admin;
  return token ?? readGatewayFile(dataFolderOf(config))?.token ?? randomBytes(TOKEN_BYTES).toString("base64url");
}

function rememberWhereWeAre({ config, adminUrl }: Live, token: string): void {
  const isGenerated = config.admin.token === undefined;
  writeGatewayFile(dataFolderOf(config), { adminUrl, pid: process.pid, ...(isGenerated && { token }) });
}
