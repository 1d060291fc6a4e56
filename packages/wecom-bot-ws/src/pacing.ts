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
  /** Less than half of what may be sent was: what can as well be left out takes nothing from answers. */
  isCalm(to: Address): boolean;
  /** Counts a message that could not wait. */
  note(to: Address): void;
}

interface Chat {
  /** When its messages were acknowledged, the oldest first. Bare numbers: a busy bot keeps an hour of them. */
  times: number[];
  /** Sent and not acknowledged yet: the platform counts these in between. */
  underWay: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** The platform's clock and the way there are not exact. */
const MARGIN_MS = 500;
/** What is waited for inside a send; longer waits are the dispatcher's. */
const SHORT_MS = 5_000;
const SWEEP_AT = 1_000;

export function createPacing(clock: Clock): Pacing {
  const chats = new Map<string, Chat>();

  function chatOf(key: string): Chat {
    const known = chats.get(key);
    if (known !== undefined) return known;
    if (chats.size > 0 && chats.size % SWEEP_AT === 0) sweep();
    const chat: Chat = { times: [], underWay: 0 };
    chats.set(key, chat);
    return chat;
  }

  function forgetOld({ times }: Chat, now: number): void {
    const old = times.findIndex((at) => at > now - HOUR_MS);
    // More than an hour's limit is never looked at.
    const gone = Math.max(old < 0 ? times.length : old, times.length - SENDS.perHour);
    if (gone > 0) times.splice(0, gone);
  }

  /** Milliseconds until one more may be sent. */
  function waitFor(chat: Chat): number {
    const now = clock.now();
    forgetOld(chat, now);
    const waitBehind = (count: number, spanMs: number) => {
      const before = count <= chat.underWay ? now : chat.times.at(chat.underWay - count);
      return before === undefined ? 0 : before + spanMs + MARGIN_MS - now;
    };
    return Math.max(0, waitBehind(SENDS.perMinute, MINUTE_MS), waitBehind(SENDS.perHour, HOUR_MS));
  }

  function sweep(): void {
    const now = clock.now();
    for (const [key, { times, underWay }] of chats) {
      if (underWay === 0 && (times.at(-1) ?? 0) < now - HOUR_MS) chats.delete(key);
    }
  }

  return {
    async send(to, work, signal) {
      const chat = chatOf(addressKey(to));
      const waitMs = waitFor(chat);
      if (waitMs > SHORT_MS) throw paced(new Date(clock.now() + waitMs));
      if (waitMs > 0) await clock.sleep(waitMs, signal);
      chat.underWay += 1;
      try {
        return await work();
      } finally {
        chat.underWay -= 1;
        chat.times.push(clock.now());
      }
    },
    isCalm(to) {
      const chat = chatOf(addressKey(to));
      const now = clock.now();
      forgetOld(chat, now);
      const inMinute = chat.times.filter((at) => at > now - MINUTE_MS).length + chat.underWay;
      return inMinute < SENDS.perMinute / 2 && chat.times.length + chat.underWay < SENDS.perHour / 2;
    },
    note(to) {
      chatOf(addressKey(to)).times.push(clock.now());
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
