/** Documented in the README: scripts depend on them. */
export const EXIT = {
  ok: 0,
  /** What was asked for failed, or a check found something. */
  failed: 1,
  /** The command was written wrongly. */
  usage: 2,
  /** No gateway runs where the configuration says. */
  notRunning: 3,
} as const;

/** Ends a command with a message and an exit code. */
export class CommandError extends Error {
  readonly exitCode: number;
  /** For `--json`. */
  readonly detail: Readonly<Record<string, unknown>>;

  constructor(message: string, exitCode: number = EXIT.failed, detail: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = "CommandError";
    this.exitCode = exitCode;
    this.detail = detail;
  }
}
