import type { Duplex } from "node:stream";
import type { MediaSource } from "./content.ts";
import type { JsonValue } from "./json.ts";

/** The shape of the platform's `fetch`; the gateway hands in its own, with proxy, time-outs and pooling. */
export type Fetch = (input: string | URL | Request, init?: FetchInit) => Promise<Response>;

export interface FetchInit extends RequestInit {
  /** Required beside a body that is a stream. */
  readonly duplex?: "half";
  /**
   * The gateway's `fetch` says here which chunk of a streamed body the connection has taken, so that its memory may be used
   * again. The platform's knows nothing of it.
   */
  readonly onChunkSent?: (chunk: Uint8Array) => void;
}

/**
 * Opens a connection for another protocol than HTTP: through the proxy the gateway knows, encrypted for `wss:` and
 * `https:`. Rejects when there is none in time, or with the signal's reason.
 */
export type OpenSocket = (url: string | URL, signal?: AbortSignal) => Promise<Duplex>;

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after `ms`, or rejects with the signal's reason when it fires first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Random {
  /** `bytes` cryptographically strong random bytes. */
  bytes(bytes: number): Uint8Array;
  /** From 0 inclusive to 1 exclusive; for jitter. */
  fraction(): number;
}

/** Fields first, then a fixed message. Ids, counts and durations; never bodies, configuration or URLs. */
export interface Logger {
  child(fields: Readonly<Record<string, unknown>>): Logger;
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

export interface StateOptions {
  /** The key is gone after this long; without it, it stays. */
  readonly ttlMs?: number;
  /** Kept encrypted at rest: credentials and tokens. */
  readonly sealed?: boolean;
}

/** Durable keys shared by all gateways on one store, private to one channel. */
export interface State {
  get(key: string): Promise<JsonValue | undefined>;
  set(key: string, value: JsonValue, options?: StateOptions): Promise<void>;
  /** Sets `value` only if the key still holds `expected` (`undefined`: is absent). */
  compareAndSet(
    key: string,
    expected: JsonValue | undefined,
    value: JsonValue,
    options?: StateOptions,
  ): Promise<boolean>;
  delete(key: string): Promise<void>;
  list(prefix: string): Promise<readonly { readonly key: string; readonly value: JsonValue }[]>;
}

/** A file being read. The reader ends it, or cancels `body`. */
export interface MediaStream {
  readonly body: AsyncIterable<Uint8Array>;
  /** As the sender named it; "application/octet-stream" where nobody did. */
  readonly mime: string;
  /** Known before reading, where the source says so. */
  readonly bytes?: number;
  readonly filename?: string;
  /** Nothing else uses the chunks of `body`: whoever has read one may give its memory back. */
  readonly givesChunks?: boolean;
}

/** Opens what an agent or operator wants to send, through every guard: private networks, local paths, sizes. */
export interface MediaOpener {
  /** @throws RejectedError when the source is forbidden, missing or too large. */
  open(source: MediaSource, signal: AbortSignal): Promise<MediaStream>;
  /** Makes files fit what a platform takes; nothing is converted where it is absent. */
  readonly converter?: MediaConverter;
  /** Where files wait while they are uploaded; the system's temporary folder when absent. */
  readonly scratchDir?: string;
}

/** Formats are file extensions, such as "jpg" or "amr". */
export interface MediaConverter {
  /** Whether it can be tried with what is installed. The same format twice means: make it smaller. */
  can(from: string, to: string): boolean;
  /** Writes a new file; its user removes it. */
  convert(job: {
    readonly path: string;
    readonly from: string;
    readonly to: string;
    readonly maxBytes: number;
    readonly signal?: AbortSignal;
  }): Promise<{ readonly path: string; readonly bytes: number; remove(): Promise<void> }>;
}
