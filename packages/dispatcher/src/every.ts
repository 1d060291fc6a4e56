import type { Clock, Logger } from "@wxgate/core";
import { describeError } from "./describe-error.ts";

/** Does `work` at once and then `ms` after each end, whether it failed or not, until the signal fires. */
export async function every(
  ms: number,
  what: string,
  work: () => Promise<void>,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await work().catch((error: unknown) => log.error({ error: describeError(error) }, `${what} failed`));
    await clock.sleep(ms, signal).catch(() => {
      // The loop looks at its signal.
    });
  }
}
