/** The simulator's time: real time plus an offset that a test moves forward. */
export interface SimClock {
  /** Milliseconds since the epoch, as the platforms see it. */
  now(): number;
  /** How far the clock was moved ahead of real time. */
  offsetMs(): number;
  /** Runs `work` once, `delayMs` of simulated time from now. The returned function takes it back. */
  schedule(delayMs: number, work: () => void): () => void;
  /** Resolves after `delayMs` of simulated time. */
  sleep(delayMs: number): Promise<void>;
  /** Moves time forward; timers that become due run in order, each at its own due time. */
  advance(ms: number): void;
  /** Drops all timers and returns to the offset of the start. */
  reset(): void;
  close(): void;
}

interface Timer {
  readonly dueAt: number;
  readonly work: () => void;
}

const LONGEST_REAL_WAIT_MS = 2 ** 30;

/** @param startAtMs the time to start at; real time when left out. */
export function createClock(startAtMs?: number): SimClock {
  const startOffset = startAtMs === undefined ? 0 : startAtMs - Date.now();
  let offset = startOffset;
  // Latest first, so that the next timer is taken from the end.
  let timers: Timer[] = [];
  let wakeUp: NodeJS.Timeout | undefined;

  const now = () => Date.now() + offset;

  function arm(): void {
    clearTimeout(wakeUp);
    wakeUp = undefined;
    const next = timers.at(-1);
    if (!next) return;
    wakeUp = setTimeout(runDue, Math.min(Math.max(0, next.dueAt - now()), LONGEST_REAL_WAIT_MS));
    wakeUp.unref();
  }

  function runDue(): void {
    for (let next = timers.at(-1); next && next.dueAt <= now(); next = timers.at(-1)) {
      timers.pop();
      next.work();
    }
    arm();
  }

  function insert(timer: Timer): void {
    let low = 0;
    let high = timers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((timers[middle] as Timer).dueAt > timer.dueAt) low = middle + 1;
      else high = middle;
    }
    timers.splice(low, 0, timer);
    if (timers.at(-1) === timer) arm();
  }

  function schedule(delayMs: number, work: () => void): () => void {
    const timer: Timer = { dueAt: now() + Math.max(0, delayMs), work };
    insert(timer);
    return () => {
      const index = timers.indexOf(timer);
      if (index >= 0) timers.splice(index, 1);
    };
  }

  function advance(ms: number): void {
    if (!Number.isFinite(ms) || ms < 0)
      throw new RangeError("The clock only moves forward: give 0 or more milliseconds.");
    const target = offset + ms;
    const targetTime = Date.now() + target;
    for (let next = timers.at(-1); next && next.dueAt <= targetTime; next = timers.at(-1)) {
      offset = Math.max(offset, Math.min(target, next.dueAt - Date.now()));
      timers.pop();
      next.work();
    }
    offset = target;
    arm();
  }

  return {
    now,
    offsetMs: () => offset,
    schedule,
    sleep: (delayMs) => new Promise((resolve) => schedule(delayMs, resolve)),
    advance,
    reset() {
      timers = [];
      offset = startOffset;
      arm();
    },
    close() {
      timers = [];
      arm();
    },
  };
}
