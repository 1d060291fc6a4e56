import type { AuthenticationErrorOptions, WaitFor } from "@wxgate/core";

/** What one of the platform's numbers means for us. */
export interface ErrcodeRule {
  /**
   * Who acts: `wait` (TransientError), `operator` (AuthenticationError), `give-up` (RejectedError), `bug` (ProtocolError).
   */
  readonly act: "wait" | "operator" | "give-up" | "bug";
  /** Stable, "<area>.<what>". */
  readonly code: string;
  /** One plain sentence for the operator: what to do, and where. */
  readonly hint: string;
  /** With `wait`: for what. Without it the retry policy decides. */
  readonly until?: Extract<WaitFor, string>;
  /** With `wait`: at least this long. */
  readonly waitMs?: number;
  /** With `operator`: `conversation` when others are served all the same. */
  readonly scope?: AuthenticationErrorOptions["scope"];
  /** Only of APIs whose path begins so; of others another table's rule for the number holds. */
  readonly under?: string;
  /** With `wait`: the uploaded file is no longer good, upload it again. */
  readonly restage?: boolean;
}

/** Rules by errcode. A channel's own table goes before the shared one. */
export type ErrcodeTable = Readonly<Record<number, ErrcodeRule>>;

const rule =
  (act: ErrcodeRule["act"]) =>
  (code: string, hint: string, more: Partial<ErrcodeRule> = {}): ErrcodeRule => ({ act, code, hint, ...more });

export const wait = rule("wait");
export const operator = rule("operator");
export const giveUp = rule("give-up");
export const bug = rule("bug");
