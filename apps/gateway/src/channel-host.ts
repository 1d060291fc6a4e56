import { isDeepStrictEqual } from "node:util";
import type { Channel, ChannelPorts, Clock, Logger, Random } from "@wxgate/core";
import type { HttpClient } from "@wxgate/http-client";
import { NotClosedError } from "./close-in-turn.ts";
import type { ChannelConfig } from "./config/schema.ts";
import { createInFlight, type InFlight } from "./in-flight.ts";
import { wrap } from "./observe/traces.ts";
import { type ChannelType, loadTypes, type Registry, type Types } from "./registry.ts";

/** A running channel with what was made for it alone. */
interface Hosted {
  readonly config: ChannelConfig;
  readonly type: ChannelType;
  readonly channel: Channel;
  readonly ports: ChannelPorts;
  readonly http: HttpClient;
  readonly sends: InFlight;
  readonly stop: AbortController;
  running: Promise<void>;
}

export interface ChannelHostPorts {
  readonly types: Registry["channels"];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  createPorts(id: string, config: ChannelConfig): { readonly http: HttpClient; readonly ports: ChannelPorts };
  /** What the gateway lays around each channel: spans, logs of texts, crash points. */
  decorate(channel: Channel): Channel;
}

/** The channels that are switched on. Their `run` is kept running; a replaced channel ends its sends first. */
export interface ChannelHost {
  channels(): ReadonlyMap<string, Channel>;
  /** What the channel with this id was given. */
  portsOf(id: string): ChannelPorts | undefined;
  /** Makes what is new or changed; nothing that runs is touched. */
  prepare(configs: Readonly<Record<string, ChannelConfig>>): Promise<PreparedChannels>;
  /** Ends all `run`s; sending still works. */
  stop(): Promise<void>;
  /** @throws NotClosedError when one of them could not be closed; the others are. */
  close(): Promise<void>;
}

interface PreparedChannels {
  /** All there will be, by id. */
  readonly channels: ReadonlyMap<string, Channel>;
  /** Ids of those that are new, changed or gone. */
  readonly changed: readonly string[];
  /** Puts them in the place of the old ones, which end. */
  commit(): void;
  /** Begins the `run` of the new ones, once everybody knows of them. */
  start(): void;
  /** Drops the new ones, instead of `commit`. */
  abandon(): Promise<void>;
}

/** Keys the gateway obeys around a channel; a change of the others makes no new channel. */
const SURROUNDINGS = ["egressProxyUrl", "network", "mediaLocalRoots"];
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

export function createChannelHost(host: ChannelHostPorts): ChannelHost {
  const { clock, random, log } = host;
  let hosted: ReadonlyMap<string, Hosted> = new Map();

  async function create(id: string, config: ChannelConfig, types: Types<ChannelType>): Promise<Hosted> {
    const type = types.loaded.get(config.type);
    if (!type) throw new Error(`there is no channel type "${config.type}"`);
    const { http, ports } = host.createPorts(id, config);
    const sends = createInFlight();
    try {
      const channel = counted(host.decorate(type.create(id, config.keys, ports)), sends);
      return { config, type, channel, ports, http, sends, stop: new AbortController(), running: Promise.resolve() };
    } catch (error) {
      await http.close();
      throw error;
    }
  }

  function isSame({ config: a, type }: Hosted, b: ChannelConfig): boolean {
    if (a.type !== b.type) return false;
    const isOwnSame = isDeepStrictEqual(type.own(a.keys), type.own(b.keys));
    return isOwnSame && SURROUNDINGS.every((key) => isDeepStrictEqual(a.keys[key], b.keys[key]));
  }

  async function end({ channel, http, sends, stop, running }: Hosted): Promise<void> {
    stop.abort();
    await running;
    await sends.idle();
    try {
      await channel.close?.();
    } finally {
      await http.close();
    }
  }

  /** @returns whether it could be closed; if not, the log says why. */
  async function retire(id: string, entry: Hosted): Promise<boolean> {
    try {
      await end(entry);
      return true;
    } catch (error) {
      log.error({ err: error, channel: id }, "channel could not be closed");
      return false;
    }
  }

  async function retireAll(entries: Iterable<readonly [string, Hosted]>): Promise<boolean> {
    const closed = await Promise.all([...entries].map(([id, entry]) => retire(id, entry)));
    return !closed.includes(false);
  }

  /** `run` ends when the signal fires; whatever else ends it is a fault, after which it starts again. */
  async function keepRunning(channel: Channel, signal: AbortSignal): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      const startedAt = clock.now();
      try {
        await channel.run?.(signal);
        if (!signal.aborted) log.warn({ channel: channel.id }, "channel stopped by itself, it starts again");
      } catch (error) {
        if (!signal.aborted) log.error({ err: error, channel: channel.id }, "channel failed, it starts again");
      }
      if (clock.now() - startedAt > LONGEST_PAUSE_MS) pauseMs = FIRST_PAUSE_MS;
      await clock.sleep(pauseMs * (0.75 + random.fraction() / 2), signal).catch(() => {
        // Only the signal ends a sleep early, and the loop looks at it.
      });
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }

  return {
    channels: () => channelsOf(hosted),
    portsOf: (id) => hosted.get(id)?.ports,
    async prepare(configs) {
      const types = await loadTypes(
        host.types,
        Object.values(configs).map(({ type }) => type),
      );
      const next = new Map<string, Hosted>();
      const fresh = new Map<string, Hosted>();
      const abandon = async () => {
        await retireAll(fresh);
      };
      try {
        for (const [id, config] of Object.entries(configs)) {
          const current = hosted.get(id);
          const kept = current && isSame(current, config) ? current : undefined;
          const entry = kept ?? (await create(id, config, types));
          if (!kept) fresh.set(id, entry);
          next.set(id, entry);
        }
      } catch (error) {
        await abandon();
        throw error;
      }
      const gone = [...hosted].filter(([id, entry]) => next.get(id) !== entry);
      let ended: Promise<unknown> = Promise.resolve();
      return {
        channels: channelsOf(next),
        changed: [...new Set([...fresh.keys(), ...gone.map(([id]) => id)])],
        abandon,
        commit() {
          hosted = next;
          ended = retireAll(gone);
        },
        start() {
          // A new connection of the same account waits for the old one's end.
          for (const entry of fresh.values()) {
            if (!entry.channel.run) continue;
            entry.running = ended.then(() => keepRunning(entry.channel, entry.stop.signal));
          }
        },
      };
    },
    async stop() {
      for (const { stop } of hosted.values()) stop.abort();
      await Promise.all([...hosted.values()].map(({ running }) => running));
    },
    async close() {
      if (!(await retireAll(hosted))) throw new NotClosedError();
    },
  };
}

function channelsOf(hosted: ReadonlyMap<string, Hosted>): ReadonlyMap<string, Channel> {
  return new Map([...hosted].map(([id, { channel }]) => [id, channel]));
}

function counted(channel: Channel, sends: InFlight): Channel {
  return wrap(channel, {
    async send(message, signal) {
      sends.enter();
      try {
        return await channel.send(message, signal);
      } finally {
        sends.leave();
      }
    },
  });
}
