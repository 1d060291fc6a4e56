import type { Clock } from "@wxgate/core";
import { unanswered } from "./errors.ts";
import { type Ack, frameText, type OutgoingFrame } from "./wire.ts";

export interface RequestOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** The frames of one connection that wait for their acknowledgement. */
export interface Requests {
  /**
   * Sends a frame and gives its acknowledgement. Frames with one `req_id` follow each other: the next leaves when the one
   * before is acknowledged or given up, because an acknowledgement names nothing but the id.
   *
   * @throws TransientError `wecom-bot.no-answer` (outcome unknown); what `fail` was given; the signal's reason
   */
  request(frame: OutgoingFrame, options: RequestOptions): Promise<Ack>;
  /** False: nobody waits for it; late and doubled acknowledgements are usual. */
  acknowledge(reqId: string, ack: Ack): boolean;
  /** Ends all that waits, and all that comes later. */
  fail(error: (wasSent: boolean, cmd: string) => Error): void;
  readonly open: number;
}

interface Entry {
  readonly frame: OutgoingFrame;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (ack: Ack) => void;
  readonly reject: (error: unknown) => void;
  deadline: number;
  onAbort: (() => void) | undefined;
  /** An acknowledgement that may be of an earlier frame with this id. */
  doubtful: Ack | undefined;
}

/** What happens on one `req_id`. */
interface Lane {
  current: Entry | undefined;
  waiting: Entry[] | undefined;
  /** Frames given up whose acknowledgement may still come. */
  owed: number;
  owedUntil: number;
}

const SWEEP_MS = 250;
/** How long a late acknowledgement is expected. */
const OWED_MS = 60_000;

export function createRequests(send: (text: string) => void, clock: Clock, ended: AbortSignal): Requests {
  const lanes = new Map<string, Lane>();
  let failure: ((wasSent: boolean, cmd: string) => Error) | undefined;
  let sweeping = false;

  function start(lane: Lane, entry: Entry): void {
    lane.current = entry;
    entry.deadline = clock.now() + entry.timeoutMs;
    send(frameText(entry.frame));
    if (!sweeping) void sweep();
  }

  /** One timer for all, however many wait. */
  async function sweep(): Promise<void> {
    sweeping = true;
    while (lanes.size > 0 && !ended.aborted) {
      await clock.sleep(SWEEP_MS, ended).catch(() => {
        // The connection ended; `fail` tells those who wait.
      });
      const now = clock.now();
      for (const [reqId, lane] of lanes) expire(reqId, lane, now);
    }
    sweeping = false;
  }

  function expire(reqId: string, lane: Lane, now: number): void {
    const { current } = lane;
    if (current === undefined) {
      if (lane.owedUntil <= now) lanes.delete(reqId);
    } else if (current.deadline <= now) {
      lane.owed += 1;
      lane.owedUntil = now + OWED_MS;
      const { doubtful, frame, timeoutMs } = current;
      if (doubtful === undefined) end(current, () => current.reject(unanswered(frame.cmd, `${timeoutMs} ms passed`)));
      // Only one of two acknowledgements came: it may as well have been this frame's.
      else end(current, () => current.resolve(doubtful));
      next(reqId, lane);
    }
  }

  function end(entry: Entry, tell: () => void): void {
    if (entry.onAbort !== undefined) entry.signal?.removeEventListener("abort", entry.onAbort);
    tell();
  }

  function next(reqId: string, lane: Lane): void {
    lane.current = undefined;
    const entry = lane.waiting?.shift();
    if (lane.waiting?.length === 0) lane.waiting = undefined;
    if (entry !== undefined) start(lane, entry);
    else if (lane.owed === 0) lanes.delete(reqId);
  }

  function abandon(reqId: string, lane: Lane, entry: Entry): void {
    entry.reject(entry.signal?.reason);
    // A frame that left stays in its place until it is acknowledged or its time is over.
    if (lane.current === entry) return;
    const rest = lane.waiting?.filter((other) => other !== entry);
    lane.waiting = rest === undefined || rest.length === 0 ? undefined : rest;
    if (lane.current === undefined && lane.owed === 0) lanes.delete(reqId);
  }

  return {
    request(frame, { timeoutMs, signal }) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        if (failure !== undefined) return reject(failure(false, frame.cmd));
        const entry: Entry = {
          frame,
          timeoutMs,
          signal,
          resolve,
          reject,
          deadline: 0,
          onAbort: undefined,
          doubtful: undefined,
        };
        let lane = lanes.get(frame.reqId);
        if (lane === undefined) {
          lane = { current: undefined, waiting: undefined, owed: 0, owedUntil: 0 };
          lanes.set(frame.reqId, lane);
        }
        const mine = lane;
        if (signal !== undefined) {
          entry.onAbort = () => abandon(frame.reqId, mine, entry);
          signal.addEventListener("abort", entry.onAbort, { once: true });
        }
        if (lane.current === undefined) start(lane, entry);
        else lane.waiting = [...(lane.waiting ?? []), entry];
      });
    },
    acknowledge(reqId, ack) {
      const lane = lanes.get(reqId);
      if (lane === undefined) return false;
      const { current } = lane;
      if (lane.owed > 0) {
        // It came in the order the frames went: first those that were given up.
        lane.owed -= 1;
        if (current !== undefined) current.doubtful = ack;
        else if (lane.owed === 0) lanes.delete(reqId);
        return current !== undefined;
      }
      if (current === undefined) return false;
      end(current, () => current.resolve(ack));
      next(reqId, lane);
      return true;
    },
    fail(error) {
      failure ??= error;
      for (const lane of lanes.values()) {
        const { current, waiting = [] } = lane;
        if (current !== undefined) end(current, () => current.reject(error(true, current.frame.cmd)));
        for (const entry of waiting) end(entry, () => entry.reject(error(false, entry.frame.cmd)));
      }
      lanes.clear();
    },
    get open() {
      return lanes.size;
    },
  };
}
