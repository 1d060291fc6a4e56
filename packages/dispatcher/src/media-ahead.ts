import { type Channel, createBackground, type InboundMessage } from "@wxgate/core";
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
  const background = createBackground();
  const queue: InboundMessage[] = [];
  let working = 0;

  function fetchAfter(message: InboundMessage, ms: number): void {
    background.start(async (signal) => {
      try {
        await clock.sleep(ms, signal);
      } catch {
        // The gateway stops.
        return;
      }
      queue.push(message);
      if (working < MOST_AT_ONCE) await work(signal);
    });
  }

  async function work(signal: AbortSignal): Promise<void> {
    working += 1;
    for (let next = queue.shift(); next !== undefined && !signal.aborted; next = queue.shift()) {
      const { id } = next;
      await fetchFor(next, signal).catch((error: unknown) => {
        if (signal.aborted) return;
        log.warn({ message: id, error: describeError(error) }, "a waiting message's files could not be fetched ahead");
      });
    }
    working -= 1;
  }

  async function fetchFor(message: InboundMessage, signal: AbortSignal): Promise<void> {
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
      { signal },
    );
  }

  return {
    stored(message) {
      const livesMs = livesOf(channel(message.from.channel)?.channel);
      if (livesMs !== undefined && message.content.some(isPending)) fetchAfter(message, livesMs / SHARE);
    },
    async resume(channels) {
      for (const id of channels) {
        const livesMs = livesOf(channel(id)?.channel);
        if (livesMs === undefined) continue;
        for (const { message } of await store.waitingMessages(id, clock.now() - livesMs)) {
          if (message.content.some(isPending)) fetchAfter(message, AFTER_START_MS);
        }
      }
    },
    close: background.close,
  };
}

function livesOf(channel: Channel | undefined): number | undefined {
  return channel?.openMedia === undefined ? undefined : channel.mediaLivesMs;
}
