import type { Clock, Store } from "@wxgate/core";

/** What another gateway waits for before it takes over. */
const CLAIM_TTL_MS = 15_000;
/** Without a renewal for so long nothing is sent: another may soon hold the claims. */
const LAPSE_MS = CLAIM_TTL_MS / 2;
export const HEARTBEAT_MS = CLAIM_TTL_MS / 4;

/** Keeps what this process claimed its own, and knows when it may be another's. */
export interface Heartbeat {
  /** @throws when the store does; the claims are then as old as before. */
  renew(): Promise<void>;
  /** Renews where that was too long ago: what is claimed after it may be sent. */
  revive(): Promise<void>;
  /** For what is claimed now: false once renewals paused for too long, also after they went on. */
  holds(): () => boolean;
}

export function createHeartbeat(store: Pick<Store, "heartbeat">, clock: Clock, worker: string): Heartbeat {
  let renewedAt = clock.now();
  let lapses = 0;
  const hasLapsed = () => clock.now() - renewedAt >= LAPSE_MS;

  async function renew(): Promise<void> {
    const askedAt = clock.now();
    if (hasLapsed()) lapses += 1;
    await store.heartbeat(worker, CLAIM_TTL_MS);
    renewedAt = askedAt;
  }

  return {
    renew,
    async revive() {
      if (hasLapsed()) await renew();
    },
    holds() {
      const before = lapses;
      return () => lapses === before && !hasLapsed();
    },
  };
}
