import type { AgentEvent } from "@wxgate/core";

/** Events from where they come in to where they are read. */
export interface EventQueue extends AsyncIterable<AgentEvent> {
  push(event: AgentEvent): void;
  /** No more come; what is there is still read. */
  end(): void;
  /** Reading ends with `reason` at once. The first end counts. */
  fail(reason: unknown): void;
}

export function createEventQueue(): EventQueue {
  const events: AgentEvent[] = [];
  let over: { readonly reason?: unknown } | undefined;
  let wake = () => {};

  function finish(how: { readonly reason?: unknown }): void {
    over ??= how;
    wake();
  }

  return {
    push(event) {
      events.push(event);
      wake();
    },
    end: () => finish({}),
    fail: (reason) => finish({ reason }),
    async *[Symbol.asyncIterator]() {
      for (;;) {
        if (over !== undefined && "reason" in over) throw over.reason;
        const event = events.shift();
        if (event !== undefined) yield event;
        else if (over !== undefined) return;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    },
  };
}
