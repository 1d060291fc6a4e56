import type { Buffer } from "node:buffer";
import type { Clock } from "@wxgate/core";
import { type Call, callOf } from "./call.ts";
import { type CallbackCandidate, createCandidateTable, type Unlocked } from "./candidates.ts";
import { type CallbackBodies, type CallbackFormat, CallbackFormatError, type Envelope, parseBody } from "./envelope.ts";
import type { CallbackQuery } from "./query.ts";
import type { RefusalReason } from "./refusal.ts";

const KIB = 1024;
const CHECK_HEADERS = { "content-type": "text/plain; charset=utf-8" };

export interface CallbackOpenerOptions<F extends CallbackFormat> {
  /** "xml" for KF and apps, "json" for the AI bot. */
  readonly format: F;
  readonly candidates: readonly CallbackCandidate<CallbackBodies[F]>[];
  /** Default 1 MiB; KF needs no more than 64 KiB. */
  readonly maxBodyBytes?: number;
  /**
   * How far the timestamp of a rightly signed request may be from now. Default 0: any. The platform repeats callbacks,
   * so 600 is the least that makes sense.
   */
  readonly maxSkewSeconds?: number;
  readonly clock: Pick<Clock, "now">;
}

/** A verified and decrypted callback. */
export interface Callback<F extends CallbackFormat> {
  readonly kind: "message";
  readonly candidate: CallbackCandidate<CallbackBodies[F]>;
  readonly body: CallbackBodies[F];
  /** The decrypted text that `body` was read from. */
  readonly text: string;
  /** What a passive reply repeats. */
  readonly receiveId: string;
  readonly timestamp: string;
  readonly nonce: string;
}

export type OpenedCallback<F extends CallbackFormat> =
  | Callback<F>
  /** The URL check that the console makes; `response` is its answer. */
  | { readonly kind: "check"; readonly candidate: CallbackCandidate<CallbackBodies[F]>; readonly response: Response }
  /** Wrong for everybody. `signed`: the signature was right, so no other channel need be asked. */
  | { readonly kind: "refused"; readonly reason: RefusalReason; readonly signed: boolean }
  /**
   * Not for these candidates; perhaps another channel's. `reason` is the refusal if it is nobody's; "unlikely" when
   * `likelyOnly` kept the signature from being tried.
   */
  | { readonly kind: "foreign"; readonly reason: RefusalReason | "unlikely" }
  /** All was right, but no candidate accepts the content. */
  | { readonly kind: "foreign"; readonly reason: "unaccepted"; readonly body: CallbackBodies[F] };

export interface OpenOptions {
  /** Gives up before the signature when the envelope names somebody else. */
  readonly likelyOnly?: boolean;
}

/** Opens a request. The same `Request` object may be opened again, by the same or another opener. */
export type CallbackOpener<F extends CallbackFormat> = (
  request: Request,
  options?: OpenOptions,
) => Promise<OpenedCallback<F>>;

/**
 * Makes the function that verifies and decrypts the callbacks of some candidates.
 *
 * Several candidates are told apart by their signature, the likeliest tried first; equal tokens by the key; equal tokens
 * and keys by `accepts`. Many candidates cost little more than one.
 */
export function createCallbackOpener<F extends CallbackFormat>(options: CallbackOpenerOptions<F>): CallbackOpener<F> {
  const open = createCallOpener(options);
  return async (request, { likelyOnly = false } = {}) => open(callOf(request), likelyOnly);
}

type MaybePromise<T> = T | Promise<T>;

export interface CallOpener<F extends CallbackFormat> {
  /** Without a promise once the body has been read. */
  (call: Call, likelyOnly: boolean): MaybePromise<OpenedCallback<F>>;
  /** Whether it is known already that the envelope names somebody else. */
  isUnlikely(call: Call): boolean;
}

/** The same for one request that several openers share. */
export function createCallOpener<F extends CallbackFormat>(options: CallbackOpenerOptions<F>): CallOpener<F> {
  const { format, candidates, clock, maxBodyBytes = KIB * KIB, maxSkewSeconds = 0 } = options;
  const table = createCandidateTable(candidates);
  type Opened = OpenedCallback<F>;

  function isStale({ timestamp }: CallbackQuery): boolean {
    if (maxSkewSeconds === 0) return false;
    const seconds = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) : Number.NaN;
    return !(Math.abs(clock.now() / 1000 - seconds) <= maxSkewSeconds);
  }

  function openCheck(query: CallbackQuery): Opened {
    if (!query.echostr) return refused("parameters", false);
    const unlocked = table.unlock(query, query.echostr);
    if (typeof unlocked === "string") return { kind: "foreign", reason: unlocked };
    if (isStale(query)) return refused("stale", true);
    const candidate = unlocked.candidates[0] as CallbackCandidate<CallbackBodies[F]>;
    return { kind: "check", candidate, response: checkResponse(unlocked.frame.message) };
  }

  function openPost(call: Call, query: CallbackQuery, likelyOnly: boolean): MaybePromise<Opened> {
    const read = call.envelope(maxBodyBytes);
    if (!(read instanceof Promise)) return openEnvelope(read, query, likelyOnly);
    return read.then((envelope) => openEnvelope(envelope, query, likelyOnly));
  }

  function openEnvelope(
    envelope: Envelope | "too-large" | "garbage",
    query: CallbackQuery,
    likelyOnly: boolean,
  ): Opened {
    if (envelope === "too-large") return { kind: "foreign", reason: "too-large" };
    if (envelope === "garbage") return refused("garbage", false);
    if (envelope.format !== format) return { kind: "foreign", reason: "format" };
    if (likelyOnly && !table.isLikely(envelope)) return { kind: "foreign", reason: "unlikely" };

    const unlocked = table.unlock(query, envelope.encrypt, envelope);
    if (typeof unlocked === "string") return { kind: "foreign", reason: unlocked };
    if (isStale(query)) return refused("stale", true);
    return openContent(unlocked, query);
  }

  function openContent(
    { frame, candidates: sharing }: Unlocked<CallbackCandidate<CallbackBodies[F]>>,
    query: CallbackQuery,
  ): Opened {
    const text = frame.message.toString();
    const body = tryParseBody(format, text);
    if (body === undefined) return refused("content", true);
    const candidate = sharing.find(({ accepts }) => accepts === undefined || accepts(body));
    if (!candidate) return { kind: "foreign", reason: "unaccepted", body };
    const { timestamp, nonce } = query;
    return { kind: "message", candidate, body, text, receiveId: frame.receiveId, timestamp, nonce };
  }

  function open(call: Call, likelyOnly: boolean): MaybePromise<Opened> {
    if (call.method !== "GET" && call.method !== "POST") return refused("method", false);
    if (!call.query) return refused("parameters", false);
    return call.method === "GET" ? openCheck(call.query) : openPost(call, call.query, likelyOnly);
  }

  return Object.assign(open, {
    isUnlikely({ parsed, query }: Call): boolean {
      return typeof parsed === "object" && query !== undefined && parsed.format === format && !table.isLikely(parsed);
    },
  });
}

function refused(reason: RefusalReason, signed: boolean): { kind: "refused"; reason: RefusalReason; signed: boolean } {
  return { kind: "refused", reason, signed };
}

/** The console compares byte for byte: no quotes, no line break, no byte order mark. */
function checkResponse(message: Buffer): Response {
  return new Response(new Uint8Array(message), { headers: CHECK_HEADERS });
}

function tryParseBody<F extends CallbackFormat>(format: F, text: string): CallbackBodies[F] | undefined {
  try {
    return parseBody(format, text);
  } catch (error) {
    if (error instanceof CallbackFormatError) return undefined;
    throw error;
  }
}
