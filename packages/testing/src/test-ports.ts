import { isDeepStrictEqual } from "node:util";
import {
  type ChannelPorts,
  type Fetch,
  type InboundEvent,
  type JsonValue,
  type Logger,
  type MediaOpener,
  type OutboundContent,
  RejectedError,
  type State,
} from "@wxgate/core";
import { createTestClock, type TestClock } from "./test-clock.ts";
import { createTestInbox, type TestInbox } from "./test-inbox.ts";

export interface LogEntry {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface TestPortsOptions {
  /** The platform. Without it nothing can be reached. */
  readonly fetch?: Fetch;
  /** Milliseconds since 1970. */
  readonly now?: number;
  readonly media?: MediaOpener;
  /** Default: what the channel's own configuration says. */
  instant?(event: InboundEvent, configured?: OutboundContent): Promise<OutboundContent | undefined>;
}

/** Ports of a channel in memory, and what a test reads and turns. */
export interface TestPorts {
  readonly ports: ChannelPorts;
  readonly clock: TestClock;
  readonly inbox: TestInbox;
  readonly logs: readonly LogEntry[];
  /** What `state` holds: value, and how it was set. */
  readonly state: ReadonlyMap<string, { readonly value: JsonValue; readonly sealed: boolean }>;
}

/** 2026-11-20T10:00:00Z */
const NOW = 1_795_168_800_000;

export function createTestPorts(options: TestPortsOptions = {}): TestPorts {
  const clock = createTestClock(options.now ?? NOW);
  const inbox = createTestInbox();
  const logs: LogEntry[] = [];
  const { state, kept } = createTestState(clock);
  let counter = 0;
  return {
    clock,
    inbox,
    logs,
    state: kept,
    ports: {
      inbox,
      clock,
      state,
      fetch: options.fetch ?? unreachable,
      random: {
        bytes: (count) => Uint8Array.from({ length: count }, () => (counter++ * 41 + 7) & 0xff),
        fraction: () => 0.5,
      },
      log: createTestLogger(logs, {}),
      media: options.media ?? { open: noMedia },
      own: (_account, work, signal) => work(signal),
      instant: options.instant ?? (async (_event, configured) => configured),
    },
  };
}

function createTestLogger(logs: LogEntry[], bound: Readonly<Record<string, unknown>>): Logger {
  const write = (level: LogEntry["level"]) => (fields: Readonly<Record<string, unknown>>, message: string) => {
    logs.push({ level, message, fields: { ...bound, ...fields } });
  };
  return {
    child: (fields) => createTestLogger(logs, { ...bound, ...fields }),
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
  };
}

interface Kept {
  readonly value: JsonValue;
  readonly sealed: boolean;
  readonly until?: number;
}

function createTestState(clock: TestClock): { state: State; kept: Map<string, Kept> } {
  const kept = new Map<string, Kept>();
  function read(key: string): JsonValue | undefined {
    const found = kept.get(key);
    if (found?.until !== undefined && found.until <= clock.now()) kept.delete(key);
    return kept.get(key)?.value;
  }
  const state: State = {
    get: async (key) => read(key),
    async set(key, value, { ttlMs, sealed = false } = {}) {
      // As a store would give it back.
      const copy = JSON.parse(JSON.stringify(value)) as JsonValue;
      kept.set(key, { value: copy, sealed, ...(ttlMs === undefined ? {} : { until: clock.now() + ttlMs }) });
    },
    async compareAndSet(key, expected, value, options) {
      if (!isDeepStrictEqual(read(key), expected)) return false;
      await state.set(key, value, options);
      return true;
    },
    async delete(key) {
      kept.delete(key);
    },
    async list(prefix) {
      return [...kept.keys()]
        .filter((key) => key.startsWith(prefix) && read(key) !== undefined)
        .sort()
        .map((key) => ({ key, value: read(key) as JsonValue }));
    },
  };
  return { state, kept };
}

async function unreachable(): Promise<never> {
  throw new TypeError("fetch failed");
}

async function noMedia(): Promise<never> {
  throw new RejectedError("there is no media in this test", { code: "media.none" });
}
