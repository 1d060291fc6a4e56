import { setMaxListeners } from "node:events";
import type { Clock } from "@wxgate/core";

/** Made once: an abort without a reason makes an error with a stack each time. */
const RESTED = new Error("there is work");

/** Work is begun in small lots: between them the event loop takes callbacks and answers, however much waits. */
const LARGEST_LOT = 16;

export interface WorkerPoolOptions<Item> {
  claim(limit: number): Promise<readonly Item[]>;
  /** Must not reject: an item's failure is its own business. `abort` fires when the grace of the shutdown is over. */
  work(item: Item, abort: AbortSignal): Promise<void>;
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
  const running = new Set<Promise<void>>();
  let woken = false;
  let rouse = () => {};

  function wake(): void {
    woken = true;
    rouse();
  }

  function start(item: Item, abort: AbortSignal): void {
    const job = options.work(item, abort).finally(() => {
      running.delete(job);
      wake();
    });
    running.add(job);
  }

  async function claimSome(abort: AbortSignal): Promise<boolean> {
    // Also where there is no room: whatever makes some wakes again, and a wake-up nobody can follow would let nothing rest.
    woken = false;
    const free = options.concurrency() - running.size;
    if (free <= 0) return false;
    const items = await options.claim(Math.min(free, LARGEST_LOT));
    for (const item of items) start(item, abort);
    return items.length > 0 || woken;
  }

  async function rest(signal: AbortSignal): Promise<void> {
    // Something came between the claim's end and this moment.
    if (woken || signal.aborted) return;
    const sleep = new AbortController();
    const end = () => sleep.abort(RESTED);
    signal.addEventListener("abort", end, { once: true });
    rouse = end;
    await options.clock.sleep(options.pollMs, sleep.signal).catch(ignoreAbort);
    rouse = () => {};
    signal.removeEventListener("abort", end);
  }

  /** Works off what can be claimed, until a claim finds nothing more and nothing runs. */
  async function drain(abort: AbortSignal): Promise<void> {
    for (;;) {
      const more = await claimSome(abort);
      if (abort.aborted || (!more && running.size === 0)) return;
      if (running.size > 0) await Promise.race(running);
    }
  }

  async function run(signal: AbortSignal, graceMs: number, { drain: drains = false } = {}): Promise<void> {
    const abort = new AbortController();
    // Every job at work listens to it.
    setMaxListeners(0, abort.signal);
    while (!signal.aborted) {
      let more = false;
      try {
        more = await claimSome(abort.signal);
      } catch (error) {
        options.onClaimFailed(error);
      }
      if (!more) await rest(signal);
    }
    await finish(abort, graceMs, drains);
  }

  async function finish(abort: AbortController, graceMs: number, drains: boolean): Promise<void> {
    const timer = new AbortController();
    const grace = options.clock.sleep(graceMs, timer.signal).then(() => abort.abort(), ignoreAbort);
    if (drains) await drain(abort.signal).catch((error: unknown) => options.onClaimFailed(error));
    await Promise.all(running);
    timer.abort();
    await grace;
  }

  return { wake, run };
}

function ignoreAbort(): void {
  // The sleep was cut short on purpose.
}
