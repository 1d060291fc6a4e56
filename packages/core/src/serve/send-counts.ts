import { type Address, addressKey } from "../address.ts";
import type { ReplyPolicy } from "../channel.ts";
import type { Clock } from "../ports.ts";

const KEPT_WITHOUT_WINDOW_MS = 7 * 24 * 3_600_000;

/** Sends since the person's last message, by conversation. */
export interface SendCounts {
  /** How many more the platform takes; undefined: any number. */
  left(to: Address): number | undefined;
  sent(to: Address): void;
  /** The person wrote: all sends are theirs again. */
  renew(to: Address): void;
}

export function createSendCounts(policy: ReplyPolicy | undefined, clock: Clock): SendCounts {
  const most = policy?.sendsPerInbound;
  if (most === undefined) return { left: () => undefined, sent: () => {}, renew: () => {} };
  const keptMs = policy?.windowMs ?? KEPT_WITHOUT_WINDOW_MS;
  /** The conversation sent to longest ago comes first. */
  const counts = new Map<string, { count: number; at: number }>();

  /** Once the window has passed the platform refuses by itself, until the person writes. */
  function forgetOld(): void {
    const before = clock.now() - keptMs;
    for (const [key, { at }] of counts) {
      if (at > before) break;
      counts.delete(key);
    }
  }

  return {
    left(to) {
      forgetOld();
      return Math.max(0, most - (counts.get(addressKey(to))?.count ?? 0));
    },
    sent(to) {
      const key = addressKey(to);
      const count = (counts.get(key)?.count ?? 0) + 1;
      counts.delete(key);
      counts.set(key, { count, at: clock.now() });
    },
    renew: (to) => counts.delete(addressKey(to)),
  };
}
