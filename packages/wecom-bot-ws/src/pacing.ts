import { type Address, addressKey, type Clock, TransientError } from "@wxgate/core";
import { SENDS } from "@wxgate/wecom-bot-message";

/** Keeps below the platform's 30 messages a minute and 1,000 an hour per conversation, counted as the platform does. */
export interface Pacing {
  /**
   * Runs `work`, which sends one message, when there is room for it: after a moment if that is enough.
   *
   * @throws TransientError `wecom-bot.paced`, with the time when there is room; what `work` throws
   */
  send<T>(to: Address, work: () => Promise<T>, signal: AbortSignal): Promise<T>;
  /** Counts a message that could not wait. */
  note(to: Address): void;
}

interface Sent {
  /** When it was sent; once it is acknowledged, then: the platform counted it in between. */
  at: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** The platform's clock and the way there are not exact. */
const MARGIN_MS = 500;
/** What is waited for inside a send; longer waits are the dispatcher's. */
const SHORT_MS = 5_000;
const SWEEP_AT = 1_000;

export function createPacing(clock: Clock): Pacing {
  const chats = new Map<string, Sent[]>();

  function recent(key: string, now: number): Sent[] {
    const all = chats.get(key) ?? [];
    const gone = all.findIndex(({ at }) => at > now - HOUR_MS);
    const kept = gone < 0 ? [] : all.slice(gone);
    chats.set(key, kept);
    return kept;
  }

  /** Milliseconds until one more may be sent. */
  function waitFor(key: string): number {
    const now = clock.now();
    const sent = recent(key, now);
    const blocks = [
      { before: sent.at(-SENDS.perMinute), spanMs: MINUTE_MS },
      { before: sent.at(-SENDS.perHour), spanMs: HOUR_MS },
    ];
    const waits = blocks.map(({ before, spanMs }) => (before === undefined ? 0 : before.at + spanMs + MARGIN_MS - now));
    return Math.max(0, ...waits);
  }

  function count(key: string): Sent {
    const sent = { at: clock.now() };
    const all = chats.get(key);
    if (all === undefined) chats.set(key, [sent]);
    else all.push(sent);
    if (chats.size > SWEEP_AT && chats.size % SWEEP_AT === 0) sweep();
    return sent;
  }

  function sweep(): void {
    const now = clock.now();
    for (const [key, all] of chats) if ((all.at(-1)?.at ?? 0) < now - HOUR_MS) chats.delete(key);
  }

  return {
    async send(to, work, signal) {
      const key = addressKey(to);
      const waitMs = waitFor(key);
      if (waitMs > SHORT_MS) throw paced(new Date(clock.now() + waitMs));
      if (waitMs > 0) await clock.sleep(waitMs, signal);
      const sent = count(key);
      try {
        return await work();
      } finally {
        sent.at = clock.now();
      }
    },
    note(to) {
      count(addressKey(to));
    },
  };
}

function paced(at: Date): TransientError {
  return new TransientError("the conversation got as many messages as the platform allows for now", {
    code: "wecom-bot.paced",
    sent: "no",
    until: { at },
    hint: "A bot may send 30 messages a minute and 1,000 an hour to one conversation; it is sent then.",
  });
}
