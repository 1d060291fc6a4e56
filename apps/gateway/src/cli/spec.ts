import type { Action } from "./context.ts";

/** One command: how it is written, and where its code is. */
export interface CommandSpec {
  /** The word before it, for `channels status` and the like. */
  readonly group?: "channels" | "cron" | "dead" | "doctor" | "import" | "pairing" | "permissions";
  readonly usage: string;
  readonly description: string;
  readonly options?: readonly (readonly [flags: string, description: string, fallback?: string | false])[];
  /** A command's code is loaded when it runs: `send` has no use for the servers. */
  readonly load: () => Promise<Action>;
}
