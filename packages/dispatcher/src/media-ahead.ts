import type { Channel, InboundMessage } from "@wxgate/core";
import { admit } from "./access.ts";
import { describeError } from "./describe-error.ts";
import { fetchMedia, isPending } from "./fetch-media.ts";
import type { Pairing } from "./pairing.ts";
import type { ChannelSettings, DispatcherPorts } from "./settings.ts";

/** Fetches files whose addresses could die while their message waits behind a turn that runs for long. */
export interface MediaAhead {
  /** A message was stored that is to become a turn. */
  stored(message: InboundMessage): void;
  /** Looks for those that waited when an earlier process ended. */
  resume(channels: Iterable<string>): Promise<void>;
  /** Nothing is begun any more, and what is under way is broken off. */
  close(): Promise<void>;
}

export interface MediaAheadOptions {
  readonly ports: Pick<DispatcherPorts, "store" | "clock" | "log" | "media">;
  readonly pairing: Pick<Pairing, "isPaired">;
  channel(id: string): ChannelSettings | undefined;
}

/** Of the time the addresses live: most turns have begun by then and fetch for themselves. */
const SHARE = 10;
/** Of how long it waited already, only its address knows. */
const AFTER_START_MS = 1_000;
const MOST_AT_ONCE = 4;

export function createMediaAhead({ ports, pairing, channel }: MediaAheadOptions): MediaAhead {
  const { store, clock, log, media: keeper } = ports;
  const closing = new AbortController();
  const queue: InboundMessage[] = [];
  const working = new Set<Promise<void>>();

  async function wait(message: InboundMessage, ms: number): Promise<void> {
    try {
      await clock.sleep(ms, closing.signal);
    } catch {
      // The gateway stops.
      return;
    }
    queue.push(message);
    if (working.size >= MOST_AT_ONCE) return;
    const mine: Promise<void> = work().finally(() => working.delete(mine));
    working.add(mine);
  }

  async function work(): Promise<void> {
    for (let next = queue.shift(); next !== undefined && !closing.signal.aborted; next = queue.shift()) {
      const { id } = next;
      await fetchFor(next).catch((error: unknown) => {
        if (closing.signal.aborted) return;
        log.warn({ message: id, error: describeError(error) }, "a waiting message's files could not be fetched ahead");
      });
    }
  }

  async function fetchFor(message: InboundMessage): Promise<void> {
    const { from, sender } = message;
    const entry = channel(from.channel);
    const found = await store.find(from.channel, from.account, message.id);
    if (entry === undefined || found?.unanswered !== "waiting") return;
    if (!(await admit(entry, from, sender, pairing)).allowed) return;
    await fetchMedia(
      [{ id: found.id, message }],
      {
        channel: entry.channel,
        keeper,
        clock,
        log,
        // A turn that took it meanwhile has fetched, or fetches, for itself.
        save: async (id, content) => void (await store.saveWaiting(id, content)),
      },
      closing,
    );
  }

  return {
    stored(message) {
      const livesMs = livesOf(channel(message.from.channel)?.channel);
      if (livesMs !== undefined && message.content.some(isPending)) void wait(message, livesMs / SHARE);
    },
    async resume(channels) {
      for (const id of channels) {
        const livesMs = livesOf(channel(id)?.channel);
        if (livesMs === undefined) continue;
        for (const { message } of await store.waitingMessages(id, clock.now() - livesMs)) {
          if (message.content.some(isPending)) void wait(message, AFTER_START_MS);
        }
      }
    },
    async close() {
      closing.abort();
      await Promise.all(working);
    },
  };
}

function livesOf(channel: Channel | undefined): number | undefined {
  return channel?.openMedia === undefined ? undefined : channel.mediaLivesMs;
}
