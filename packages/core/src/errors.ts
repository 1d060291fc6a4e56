export interface ChannelErrorOptions {
  /** Stable and machine-readable, "<area>.<what>", e.g. "kf.reply-window-closed". */
  readonly code: string;
  /** The platform's own number, where it gave one. */
  readonly platformCode?: number;
  /** What the operator can do, in one plain sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** A failure that says who should act. Never branch on the message; `code` is what is stable. */
export abstract class ChannelError extends Error {
  readonly code: string;
  readonly platformCode: number | undefined;
  readonly hint: string | undefined;

  constructor(message: string, options: ChannelErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = options.code;
    this.platformCode = options.platformCode;
    this.hint = options.hint;
  }
}

/** What went wrong and what the operator can do, as health reports say it. */
export function reasonOf(error: unknown): { readonly reason: string; readonly hint?: string } {
  const reason = error instanceof Error ? error.message : String(error);
  const hint = error instanceof ChannelError ? error.hint : undefined;
  return hint === undefined ? { reason } : { reason, hint };
}

/** What a transient failure waits for. */
export type WaitFor =
  /** A moment; without one the retry policy decides. */
  | { readonly at?: Date }
  /** The customer's next message reopens the window. */
  | "customer"
  /** A human serves the conversation; it goes on when they leave. */
  | "human-left";

export interface TransientErrorOptions extends ChannelErrorOptions {
  readonly until?: WaitFor;
  /** Did the platform take the message? `unknown` after a time-out; such a message is repeated with the same id. */
  readonly sent?: "no" | "unknown";
  /** The staged piece is no longer good (an expired upload): stage it again before the next attempt. */
  readonly restage?: boolean;
}

/** Wait and try again. */
export class TransientError extends ChannelError {
  readonly until: WaitFor;
  readonly sent: "no" | "unknown";
  readonly restage: boolean;

  constructor(message: string, options: TransientErrorOptions) {
    super(message, options);
    this.until = options.until ?? {};
    this.sent = options.sent ?? "no";
    this.restage = options.restage ?? false;
  }
}

export interface AuthenticationErrorOptions extends ChannelErrorOptions {
  /** What waits for the operator: everything of the account, or what goes to this conversation alone. */
  readonly scope?: "account" | "conversation";
}

/** The operator must act (credentials, permissions, addresses): the account pauses, its deliveries lose no attempt. */
export class AuthenticationError extends ChannelError {
  readonly scope: "account" | "conversation";

  constructor(message: string, options: AuthenticationErrorOptions) {
    super(message, options);
    this.scope = options.scope ?? "account";
  }
}

/** The platform will never take this message: give up on it. */
export class RejectedError extends ChannelError {}

/** The platform answered something no reference describes, or we sent something it calls malformed: a bug to report. */
export class ProtocolError extends ChannelError {}
