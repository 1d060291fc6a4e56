import type { Channel, Clock } from "@wxgate/core";

/** When the platform last reached a channel since the start, in milliseconds since 1970. */
export interface CallbackTimes {
  /** The console checked the address. */
  readonly checkedAt?: number;
  readonly messageAt?: number;
  readonly refusedAt?: number;
  /** How the last refused one was answered. */
  readonly refusedStatus?: number;
  /** A request that nobody signed was refused: a test by hand, or a proxy dropped what the platform wrote behind `?`. */
  readonly unsignedAt?: number;
}

/** One of the parameters that every callback has. */
const SIGNED = /[?&](?:msg_?signature|signature|timestamp|nonce)=/;

type Webhook = NonNullable<Channel["webhook"]>;

export interface CallbackBook {
  /** The same webhook; what it answers itself is written down. */
  watch(id: string, webhook: Webhook): Webhook;
  timesOf(id: string): CallbackTimes;
}

/** Whether the platform's callbacks come through at all: what to ask first when nothing arrives. */
export function createCallbackBook(clock: Clock): CallbackBook {
  const book = new Map<string, CallbackTimes>();
  return {
    watch: (id, webhook) => async (request, next) => {
      let isOthers = false;
      const handOn =
        next &&
        (() => {
          isOthers = true;
          return next();
        });
      const response = await webhook(request, handOn);
      if (!isOthers) book.set(id, { ...book.get(id), ...entryOf(request, response.status, clock.now()) });
      return response;
    },
    timesOf: (id) => book.get(id) ?? {},
  };
}

function entryOf({ method, url }: Request, status: number, now: number): CallbackTimes {
  if (status >= 400) return SIGNED.test(url) ? { refusedAt: now, refusedStatus: status } : { unsignedAt: now };
  return method === "GET" ? { checkedAt: now } : { messageAt: now };
}
