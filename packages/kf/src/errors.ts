import { AuthenticationError, RejectedError, TransientError } from "@wxgate/core";
import { hasErrcode } from "@wxgate/wecom-api";

/*
 * The numbers this channel itself reacts to; what every number means to an operator stands in `@wxgate/wecom-api`.
 * https://developer.work.weixin.qq.com/document/path/90313
 */
const ERR_PARAMETER = 40058;
export const ERR_TEXT_TOO_LONG = 45002;
export const ERR_ACCOUNT_ILLEGAL = 95000;
export const ERR_ACCOUNT_GONE = 95004;
export const ERR_MSG_TOKEN = 95007;
export const ERR_SERVICER_UNKNOWN = 95014;
export const ERR_TRANSITION = 95016;
export const ERR_SESSION_STATE = 95018;
export const ERR_SERVICER_AWAY = 95019;

/**
 * Our ids are random, so the platform knows one already only when an earlier attempt arrived. Its number for that is
 * not documented; 40058 (bad parameter) with words about the msgid is what we know of.
 */
export function isDuplicateMessageId(error: unknown, attempt: number): boolean {
  if (!hasErrcode(error, ERR_PARAMETER) && !(error instanceof RejectedError && error.code === "wecom.unmapped"))
    return false;
  return attempt > 1
    ? /msgid/i.test(error.message)
    : /msgid.*(?:dup|repeat|exist|used|unique)|dup\w*.*msgid/i.test(error.message);
}

export function noSecret(channel: string): AuthenticationError {
  return new AuthenticationError(`channel "${channel}" has no secret yet`, {
    code: "kf.secret-missing",
    hint: "Save the callback address in the console first; then copy the secret it shows into `secret` and reload.",
  });
}

/** Would a call for the account's next customer fail like this, too? Not so only where WeCom answered about this one. */
export function concernsAccount(error: unknown): boolean {
  if (error instanceof AuthenticationError) return error.scope === "account";
  if (error instanceof RejectedError) return error.code === "kf.account-unknown";
  return !(error instanceof TransientError && typeof error.until === "string");
}

/** A human serves the customer: no failure, the reply waits until they leave. */
export function humanServes(operator: string | undefined, cause: unknown): TransientError {
  return new TransientError(`a human serves the customer${operator === undefined ? "" : ` (${operator})`}`, {
    code: "kf.human-serves",
    platformCode: ERR_SESSION_STATE,
    until: "human-left",
    hint: "It is sent when the session is the bot's again. If nobody should answer by hand, remove the account's servicers, or set takeBack.from.",
    cause,
  });
}

export function sessionOver(cause: unknown): TransientError {
  return new TransientError("the session with the customer is over", {
    code: "kf.reply-window-closed",
    platformCode: ERR_SESSION_STATE,
    until: "customer",
    hint: "It goes out with the customer's next message.",
    cause,
  });
}
