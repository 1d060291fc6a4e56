import type { Logger } from "@wxgate/core";

type Part = readonly [name: string, close: () => Promise<unknown>];

/** Something could not be closed; why, was logged where it happened. */
export class NotClosedError extends Error {
  constructor() {
    super("not everything could be closed; the log says what and why");
    this.name = "NotClosedError";
  }
}

/**
 * Closes one part after the other; one that fails keeps none of the later ones from being closed.
 *
 * @throws NotClosedError at the end, when any part failed
 */
export async function closeInTurn(parts: readonly Part[], log: Logger): Promise<void> {
  let failed = false;
  for (const [part, close] of parts) {
    try {
      await close();
    } catch (error) {
      failed = true;
      if (!(error instanceof NotClosedError)) log.error({ err: error, part }, "a part could not be closed");
    }
  }
  if (failed) throw new NotClosedError();
}
