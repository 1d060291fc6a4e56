import type { Clock, Logger, Store } from "@wxgate/core";
import type { MediaStore } from "@wxgate/media";

const HOUR_MS = 3_600_000;
/** Longer than any platform repeats a message or accepts an answer to one. */
const KEEP_ROWS_MS = 30 * 24 * HOUR_MS;

/** Removes what has had its time, at the start and every hour. */
export async function keepHouse(
  ports: { readonly store: Store; readonly media: MediaStore; readonly clock: Clock; readonly log: Logger },
  signal: AbortSignal,
): Promise<void> {
  const { store, media, clock, log } = ports;
  const tasks: readonly (readonly [string, () => Promise<unknown>])[] = [
    ["leftover media", () => media.removeLeftovers()],
    ["expired media", () => media.removeExpired()],
    ["old rows", () => store.prune(KEEP_ROWS_MS)],
  ];
  while (!signal.aborted) {
    for (const [what, remove] of tasks) {
      await remove().catch((error: unknown) => log.error({ err: error }, `${what} could not be removed`));
    }
    await clock.sleep(HOUR_MS, signal).catch(() => {
      // Only the signal ends a sleep early, and the loop looks at it.
    });
  }
}
