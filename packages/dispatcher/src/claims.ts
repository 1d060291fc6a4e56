import {
  type ClaimedDelivery,
  type ClaimedTurn,
  type ReplyPolicy,
  SCHEDULE_CHANNEL,
  type WorkerOptions,
} from "@wxgate/core";
import type { Heartbeat } from "./heartbeat.ts";
import type { DispatcherPorts, DispatcherSettings } from "./settings.ts";

/** How often work is looked for that nobody woke it for. */
export const POLL_MS = 250;

/** What this gateway may take from the store to work on. */
export interface Claims {
  turns(limit: number): Promise<readonly ClaimedTurn[]>;
  deliveries(limit: number): Promise<readonly ClaimedDelivery[]>;
}

export interface ClaimsOptions {
  readonly ports: Pick<DispatcherPorts, "store" | "clock" | "worker">;
  readonly settings: () => DispatcherSettings;
  /** The accounts of a channel whose connection is here. */
  readonly held: (channel: string) => ReadonlySet<string>;
  readonly heartbeat: Heartbeat;
}

export function createClaims({ ports, settings, held, heartbeat }: ClaimsOptions): Claims {
  const { store, clock, worker } = ports;
  let lookedForScheduledAt = 0;

  function options(limit: number): WorkerOptions & { readonly policies: ReadonlyMap<string, ReplyPolicy> } {
    const { channels } = settings();
    const tied = new Map<string, ReadonlySet<string>>();
    const policies = new Map<string, ReplyPolicy>();
    for (const [id, { channel }] of channels) {
      if (channel.tied === true) tied.set(id, held(id));
      if (channel.reply !== undefined) policies.set(id, channel.reply);
    }
    return { worker, limit, channels: [...channels.keys()], policies, ...(tied.size === 0 ? {} : { tied }) };
  }

  return {
    turns(limit) {
      const channels = options(limit);
      // Under load claims follow each other at once; for what schedules ask, now and then is often enough.
      if (clock.now() - lookedForScheduledAt < POLL_MS) return store.claimTurns(channels);
      lookedForScheduledAt = clock.now();
      return store.claimTurns({ ...channels, channels: [...channels.channels, SCHEDULE_CHANNEL] });
    },
    async deliveries(limit) {
      if (settings().channels.size === 0) return [];
      // After a pause, as of a machine that slept: what could not be sent would be claimed and given back time after time.
      await heartbeat.revive();
      return store.claimDeliveries(options(limit));
    },
  };
}
