import type { AgentPorts } from "../ports.ts";
import { createExchange, type Exchange, type ExchangeOptions } from "./exchange.ts";

export interface Reached {
  readonly timeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Credentials {
  readonly address: string;
  readonly secrets: readonly (string | undefined)[];
  /** The configuration keys that hold them. */
  readonly keys: string;
  /** What to look at when there is nothing at the address; completes "Check …". */
  readonly place: string;
  readonly final4xx?: boolean;
  readonly problemIn?: ExchangeOptions["problemIn"];
}

/** The exchange of one configured agent. Headers and the address's query count as secrets too. */
export function exchangeFor(
  name: string,
  { timeoutMs, idleTimeoutMs, headers }: Reached,
  { fetch, clock, log }: AgentPorts,
  { address, secrets, keys, place, final4xx, problemIn }: Credentials,
): Exchange {
  return createExchange({
    label: `agent "${name}"`,
    fetch,
    clock,
    log,
    timeoutMs,
    idleTimeoutMs,
    secrets: [...secrets, ...Object.values(headers), ...new URL(address).searchParams.values()],
    credential: keys,
    place,
    final4xx,
    problemIn,
  });
}

/** Tells a server to stop, after the turn's own signal fired. A server that does not listen is left alone. */
export async function tellToStop(
  { clock, log }: AgentPorts,
  turn: string,
  tell: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const tooLong = new AbortController();
  const told = new AbortController();
  const timer = clock.sleep(STOP_MS, told.signal).then(
    () => tooLong.abort(),
    () => {
      // It was told in time.
    },
  );
  try {
    await tell(tooLong.signal);
  } catch (error) {
    log.debug({ turn, err: error }, "the agent could not be told to stop");
  } finally {
    told.abort();
    await timer;
  }
}

const STOP_MS = 5_000;
