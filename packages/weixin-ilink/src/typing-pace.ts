import type { Clock } from "@wxgate/core";

/** Lets the turns of an account begin to show "typing" one after the other. */
export interface TypingPace {
  /** Resolves when it is this turn's time; a turn that ended before takes nobody's. */
  begin(account: string, signal: AbortSignal): Promise<void>;
}

/** Fifty a second: who writes alone never waits, and where hundreds write at once, short turns end before it is their time. */
const GAP_MS = 20;

interface Waiting {
  readonly signal: AbortSignal;
  goOn(): void;
}
interface Queue {
  readonly waiting: Waiting[];
  nextAt: number;
  isMoving: boolean;
}

export function createTypingPace(clock: Clock): TypingPace {
  const queues = new Map<string, Queue>();

  async function move(queue: Queue): Promise<void> {
    queue.isMoving = true;
    for (let first = queue.waiting[0]; first !== undefined; first = queue.waiting[0]) {
      const waitMs = first.signal.aborted ? 0 : queue.nextAt - clock.now();
      if (waitMs > 0) await clock.sleep(waitMs);
      else {
        queue.waiting.shift();
        if (!first.signal.aborted) queue.nextAt = clock.now() + GAP_MS;
        first.goOn();
      }
    }
    queue.isMoving = false;
  }

  return {
    begin(account, signal) {
      const queue = queues.get(account) ?? { waiting: [], nextAt: 0, isMoving: false };
      queues.set(account, queue);
      return new Promise((goOn) => {
        queue.waiting.push({ signal, goOn });
        if (!queue.isMoving) void move(queue);
      });
    },
  };
}
