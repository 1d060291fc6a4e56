import type { Clock, JsonObject } from "@wxgate/core";
import { ERR_NOT_SUBSCRIBED, notConnected, refusedForGood, toBotError } from "./errors.ts";
import type { Session } from "./session.ts";
import type { Ack } from "./wire.ts";

export interface LinkRequest {
  readonly cmd: string;
  /** The callback's, for answers; a fresh one when left out. */
  readonly reqId?: string | undefined;
  readonly body: JsonObject;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** How long a connection that is being made is waited for; 5 s. */
  readonly graceMs?: number | undefined;
  /** 846609 means something else for this command. */
  readonly keepSubscription?: boolean;
}

/** The way to the platform for everybody else: over whatever connection there is. */
export interface Link {
  /** @throws one of the four errors; the signal's reason */
  request(request: LinkRequest): Promise<JsonObject>;
  opened(session: Session): void;
  /** @param next whether another connection is being made now */
  closed(reason: string, next: "soon" | "later" | "never"): void;
  readonly isOpen: boolean;
}

export interface LinkOptions {
  readonly clock: Clock;
  readonly secrets: readonly string[];
  newReqId(cmd: string): string;
}

const ACK_TIMEOUT_MS = 5_000;
const GRACE_MS = 5_000;
/** A second loss of the subscription this soon is no accident: somebody else holds the bot. */
const RESUBSCRIBE_EVERY_MS = 60_000;

export function createLink({ clock, secrets, newReqId }: LinkOptions): Link {
  let session: Session | undefined;
  let down = { reason: "it was not made yet", next: "later" as "soon" | "later" | "never" };
  let resubscribedAt = Number.NEGATIVE_INFINITY;
  const waiting = new Set<() => void>();

  function wakeAll(): void {
    for (const wake of waiting) wake();
    waiting.clear();
  }

  async function current(graceMs: number, signal: AbortSignal | undefined): Promise<Session> {
    signal?.throwIfAborted();
    if (session !== undefined) return session;
    if (down.next === "soon" && graceMs > 0) await opening(graceMs, signal);
    if (session !== undefined) return session;
    throw down.next === "never" ? refusedForGood(down.reason) : notConnected(down.reason);
  }

  async function opening(graceMs: number, signal: AbortSignal | undefined): Promise<void> {
    const over = new AbortController();
    const wake = () => over.abort();
    waiting.add(wake);
    const limit = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
    await clock.sleep(graceMs, limit).catch(() => {
      // Opened, given up for now, or stopped by the caller: seen next.
    });
    waiting.delete(wake);
    signal?.throwIfAborted();
  }

  function exchange(request: LinkRequest, on: Session): Promise<Ack> {
    const { cmd, reqId = newReqId(cmd), body, timeoutMs = ACK_TIMEOUT_MS, signal } = request;
    return on.requests.request({ cmd, reqId, body }, { timeoutMs, signal });
  }

  /** The platform forgot us: subscribe again and repeat the frame, which it did not take, once. */
  async function again(request: LinkRequest, on: Session, refused: Ack): Promise<Ack> {
    // Another frame on this session found it out a moment ago; its subscription is ours too.
    const now = clock.now();
    if (now - resubscribedAt < RESUBSCRIBE_EVERY_MS && now - resubscribedAt > ACK_TIMEOUT_MS) {
      on.end("kicked", "the platform forgot the subscription again within a minute");
      return refused;
    }
    resubscribedAt = now;
    const ack = await on.resubscribe(request.signal);
    if (ack.errcode === 0) return exchange(request, on);
    on.end("closed", `the platform refused a new subscription (errcode ${ack.errcode})`);
    return refused;
  }

  return {
    async request(request) {
      const on = session ?? (await current(request.graceMs ?? GRACE_MS, request.signal));
      let ack = await exchange(request, on);
      if (ack.errcode === ERR_NOT_SUBSCRIBED && request.keepSubscription !== true) ack = await again(request, on, ack);
      if (ack.errcode !== 0) throw toBotError(request.cmd, ack, clock.now(), secrets);
      return ack.body;
    },
    opened(next) {
      session = next;
      wakeAll();
    },
    closed(reason, next) {
      session = undefined;
      down = { reason, next };
      if (next !== "soon") wakeAll();
    },
    get isOpen() {
      return session !== undefined;
    },
  };
}
