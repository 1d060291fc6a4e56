import { ChannelError, type StoredError } from "@wxgate/core";

/** What of an error is kept with a turn or delivery: no stack, no cause. */
export function describeError(error: unknown): StoredError {
  if (error instanceof ChannelError) {
    return {
      code: error.code,
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...(error.platformCode === undefined ? {} : { platformCode: error.platformCode }),
    };
  }
  if (error instanceof Error) return { code: "internal", message: `${error.name}: ${error.message}` };
  return { code: "internal", message: String(error) };
}
