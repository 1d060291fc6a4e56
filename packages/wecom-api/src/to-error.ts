import { AuthenticationError, type ChannelError, ProtocolError, RejectedError, TransientError } from "@wxgate/core";
import type { ErrcodeRule, ErrcodeTable } from "./errcode-rule.ts";
import { redact } from "./redact.ts";

const MORE_INFO = /,?\s*more info at \S*/i;
const CALLER_ADDRESS = /from ip:\s*([0-9a-fA-F.:]{3,45}[0-9a-fA-F])/i;
const WRONG_JSON = /wrong json format/i;
const UNMAPPED: ErrcodeRule = {
  act: "give-up",
  code: "wecom.unmapped",
  hint: "This number is in no table we know; its meaning stands in WeCom's list of global error codes.",
};

export interface Refusal {
  /** The API, e.g. "kf/send_msg". */
  readonly path: string;
  readonly errcode: number;
  readonly errmsg: string;
}

export interface ToErrorOptions {
  /** Looked at in this order. */
  readonly tables: readonly ErrcodeTable[];
  /** Must not appear in the error. */
  readonly secrets: readonly string[];
  /** With a rule that waits: when to try again. */
  readonly retryAt?: Date;
}

/** Turns the platform's number into one of the four errors. Decides by the number alone; the text may change. */
export function toWecomError({ path, errcode, errmsg }: Refusal, options: ToErrorOptions): ChannelError {
  const { act, code, hint, until, restage, scope } = findRule(options.tables, errcode, path);
  const text = redact(errmsg.replace(MORE_INFO, ""), options.secrets);
  const message = `WeCom refused ${path}: ${text} (errcode ${errcode})`;
  const common = { code, platformCode: errcode, hint: completeHint(errcode, errmsg, hint) };
  switch (act) {
    case "wait":
      return new TransientError(message, { ...common, until: until ?? { at: options.retryAt }, sent: "no", restage });
    case "operator":
      return new AuthenticationError(message, { ...common, scope });
    case "give-up":
      return new RejectedError(message, common);
    case "bug":
      return new ProtocolError(message, common);
    default:
      return act satisfies never;
  }
}

export function findRule(tables: readonly ErrcodeTable[], errcode: number, path: string): ErrcodeRule {
  for (const table of tables) {
    const found = table[errcode];
    if (found && path.startsWith(found.under ?? "")) return found;
  }
  return UNMAPPED;
}

/** What only the answer itself knows: the address to allow, and that our JSON was not understood. */
function completeHint(errcode: number, errmsg: string, hint: string): string {
  const address = errcode === 60020 ? CALLER_ADDRESS.exec(errmsg)?.[1] : undefined;
  if (address) return `WeCom sees the address ${address}. ${hint}`;
  return WRONG_JSON.test(errmsg) ? `${hint} (WeCom could not read our JSON: please report this.)` : hint;
}
