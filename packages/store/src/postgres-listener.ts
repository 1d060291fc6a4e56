import type { Clock, Logger, Wake } from "@wxgate/core";
import pg from "pg";

export const WAKE_CHANNEL = "wxgate_wake";

const WAKES: readonly Wake[] = ["turns", "deliveries", "cancel"];
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 15_000;

export interface ListenerOptions {
  readonly config: pg.ClientConfig;
  readonly clock: Clock;
  readonly log: Logger;
  /** Marks what this process sent itself. */
  readonly origin: string;
  emit(wake: Wake): void;
}

/**
 * Hears what other gateways commit, on a connection of its own that is made anew when it breaks. A hint only: whoever
 * waits for work looks from time to time anyway.
 */
export function listenForWakes(options: ListenerOptions): { close(): Promise<void> } {
  const stop = new AbortController();
  const running = listen(options, stop.signal);
  return {
    async close() {
      stop.abort();
      await running;
    },
  };
}

async function listen(options: ListenerOptions, signal: AbortSignal): Promise<void> {
  let waitMs = FIRST_WAIT_MS;
  while (!signal.aborted) {
    try {
      await listenOnce(options, signal, () => {
        waitMs = FIRST_WAIT_MS;
      });
    } catch (error) {
      options.log.warn({ err: error, retryInMs: waitMs }, "the connection that hears of new work was lost");
    }
    if (signal.aborted) return;
    await options.clock.sleep(waitMs, signal).catch(() => {
      // Closed meanwhile: the loop ends.
    });
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
  }
}

async function listenOnce(options: ListenerOptions, signal: AbortSignal, onConnected: () => void): Promise<void> {
  const client = new pg.Client(options.config);
  const ended = new Promise<void>((resolve, reject) => {
    client.on("error", reject);
    client.on("end", () => reject(new Error("the server closed the connection")));
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  // It may fail while `connect` is still being waited for; both tell the same.
  ended.catch(() => {});
  client.on("notification", ({ payload = "" }) => receive(payload, options));
  try {
    await client.connect();
    await client.query(`listen ${WAKE_CHANNEL}`);
    onConnected();
    // What was told while nobody listened.
    for (const wake of WAKES) options.emit(wake);
    await ended;
  } finally {
    client.removeAllListeners("end");
    await client.end().catch((error: unknown) => options.log.debug({ err: error }, "the connection was gone already"));
  }
}

function receive(payload: string, { origin, emit }: ListenerOptions): void {
  const colon = payload.indexOf(":");
  if (payload.slice(0, colon) === origin) return;
  const kinds = payload.slice(colon + 1).split(",");
  for (const wake of WAKES) if (kinds.includes(wake)) emit(wake);
}
