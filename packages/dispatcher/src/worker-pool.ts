import type { Clock } from "@wxgate/core";
import { Running } from "./running.ts";
import { Stop } from "./stop.ts";

/** Work is begun in small lots: between them the event loop takes callbacks and answers, however much waits. */
const LARGEST_LOT = 16;

export interface WorkerPoolOptions<Item> {
  /** Fewer than `limit`: there are no more now, or it wakes for them. */
  claim(limit: number): Promise<readonly Item[]>;
  /** Must not reject: an item's failure is its own business. `stop` is aborted when the grace of the shutdown is over. */
  work(item: Item, stop: Stop): Promise<void>;
  /** Why what still runs is stopped when that grace is over. */
  readonly shutdown: Error;
  concurrency(): number;
  clock: Clock;
  /** Finds what became due by time, and what a lost wake-up left. */
  pollMs: number;
  onClaimFailed(error: unknown): void;
}

export interface WorkerPool {
  wake(): void;
  /**
   * Claims and works until the signal fires, then waits for what runs, `graceMs` at most before aborting it. What is
   * claimable when the signal fires is still worked within that time if `drain` is set.
   */
  run(signal: AbortSignal, graceMs: number, options?: { readonly drain?: boolean }): Promise<void>;
}

export function createWorkerPool<Item>(options: WorkerPoolOptions<Item>): WorkerPool {
  const running = new Running<{ readonly stop: Stop; readonly done: Promise<void> }>();
  let graceOver = false;
  let woken = false;
  /** There was no place for more: the next that becomes free is to be used. */
  let crowded = false;
  let rouse = () => {};

  function wake(): void {
    woken = true;
    rouse();
  }

  function start(item: Item): void {
    const stop = new Stop();
    if (graceOver) stop.abort(options.shutdown);
    const done = options.work(item, stop).finally(() => {
      leave();
      if (crowded) wake();
    });
    const leave = running.add({ stop, done });
  }

  function stopAll(): void {
    graceOver = true;
    for (const { stop } of running) stop.abort(options.shutdown);
  }

  async function claimSome(): Promise<boolean> {
    // Also where there is no room: whatever makes some wakes again, and a wake-up nobody can follow would let nothing rest.
    woken = false;
    const free = options.concurrency() - running.size;
    crowded = free <= 0;
    if (crowded) return false;
    const lot = Math.min(free, LARGEST_LOT);
    const items = await options.claim(lot);
    for (const item of items) start(item);
    return items.length >= lot || woken;
  }

  async function rest(): Promise<void> {
    // Something came between the claim's end and this moment.
    if (woken) return;
    await new Promise<void>((resolve) => {
      rouse = resolve;
    });
  }

  /** Beside the work, so that no rest needs a timer of its own; the end of the signal wakes, too. */
  async function poll(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await options.clock.sleep(options.pollMs, signal).catch(ignoreAbort);
      wake();
    }
  }

  const allDone = () => Array.from(running, ({ done }) => done);

  /** Works off what can be claimed, until a claim finds nothing more and nothing runs. */
  async function drain(): Promise<void> {
    for (;;) {
      const more = await claimSome();
      if (graceOver || (!more && running.size === 0)) return;
      if (running.size > 0) await Promise.race(allDone());
    }
  }

  async function run(signal: AbortSignal, graceMs: number, { drain: drains = false } = {}): Promise<void> {
    const polled = poll(signal);
    while (!signal.aborted) {
      let more = false;
      try {
        more = await claimSome();
      } catch (error) {
        options.onClaimFailed(error);
      }
      if (!more) await rest();
    }
    await polled;
    await finish(graceMs, drains);
  }

  async function finish(graceMs: number, drains: boolean): Promise<void> {
    const timer = new AbortController();
    const grace = options.clock.sleep(graceMs, timer.signal).then(stopAll, ignoreAbort);
    if (drains) await drain().catch((error: unknown) => options.onClaimFailed(error));
    await Promise.all(allDone());
    timer.abort();
    await grace;
  }

  return { wake, run };
}

function ignoreAbort(): void {
  // The sleep was cut short on purpose.
}
