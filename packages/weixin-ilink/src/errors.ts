import {
  AuthenticationError,
  type ChannelError,
  ProtocolError,
  RejectedError,
  TooLate,
  TransientError,
} from "@wxgate/core";

/** The bot token is dead: scanned elsewhere, unbound, expired. Only a new scan helps. */
export const STALE_TOKEN = -14;
/** Refused, for one of several reasons; what it was only the sender can tell. */
export const REFUSED = -2;
const INVALID_ARGUMENTS = -3;
const NO_TICKET = -4;

/** What a number of the platform means wherever it comes; `sendmessage` looks closer at -2. */
export function toChannelError(method: string, code: number, words: string): ChannelError {
  const message = `WeChat refused ${method}: ${words === "" ? "no reason given" : words} (${code})`;
  switch (code) {
    case STALE_TOKEN:
      return new AuthenticationError(message, {
        code: "ilink.login-expired",
        platformCode: code,
        hint: LOGIN_HINT,
      });
    case REFUSED:
      return new TransientError(message, { code: "ilink.refused", platformCode: code });
    case INVALID_ARGUMENTS:
      return new RejectedError(message, {
        code: "ilink.invalid-arguments",
        platformCode: code,
        hint: "The receiver's id is wrong (its case counts), or this person never wrote to the bot.",
      });
    case NO_TICKET:
      return new TransientError(message, { code: "ilink.no-typing-ticket", platformCode: code });
    case -1:
      return new TransientError(message, {
        code: "ilink.busy",
        platformCode: code,
        hint: "For an upload: the receiver is not someone who wrote to this bot.",
      });
    default:
      return new TransientError(message, { code: "ilink.unknown-code", platformCode: code });
  }
}

export const LOGIN_HINT = "Scan again: wxgate login <channel>. Waiting messages go out with the person's next one.";

/** Waits for the person's next message, which comes with a new context token after a login. */
export function needsLogin(account: string, cause?: unknown): TransientError {
  return new TransientError(`the WeChat login of ${account} has expired`, {
    code: "ilink.login-expired",
    platformCode: STALE_TOKEN,
    until: "customer",
    hint: LOGIN_HINT,
    cause,
  });
}

export function unknownAccount(account: string): TransientError {
  return new TransientError(`nobody is signed in as ${account}`, {
    code: "ilink.not-signed-in",
    until: "customer",
    hint: LOGIN_HINT,
  });
}

/** Nothing more can be sent before the person writes again. */
export function waitsForPerson(why: "window" | "quota" | "context" | "refused-twice", cause?: unknown): TransientError {
  const words = {
    window: ["ilink.reply-window-closed", "the person's last message is more than 24 hours old"],
    quota: ["ilink.reply-quota-used", "all replies to the person's last message are used"],
    context: ["ilink.context-missing", "there is no context token of this login: the person has not written since"],
    "refused-twice": ["ilink.refused", "WeChat refused the message twice and says not why"],
  } as const;
  const [code, message] = words[why];
  return new TransientError(message, {
    code,
    ...(cause === undefined ? {} : { platformCode: REFUSED, cause }),
    until: "customer",
    hint: "It goes out with the person's next message.",
  });
}

export function textTooLong(bytes: number, cause?: unknown): RejectedError {
  return new RejectedError(`the text has ${bytes} bytes; WeChat takes 16384`, {
    code: "ilink.text-too-long",
    hint: "Split it; the channel does so by itself for everything but native messages.",
    cause,
  });
}

export function badAnswer(method: string, what: string): ProtocolError {
  return new ProtocolError(`WeChat's answer to ${method} ${what}`, { code: "ilink.bad-answer" });
}

/** No answer, or not a whole one. Only the reason's kind is told: addresses carry credentials of media. */
export function unreachable(method: string, error: unknown): TransientError {
  const sent = isRecord(error) && error.sent === "no" ? "no" : "unknown";
  return new TransientError(`WeChat could not be reached for ${method}: ${kindOf(error)}`, {
    code: "ilink.unreachable",
    hint: "Check this machine's network, DNS and proxy (egressProxyUrl).",
    sent,
  });
}

export function httpStatus(method: string, status: number): TransientError {
  return new TransientError(`WeChat answered ${method} with HTTP ${status}`, {
    code: "ilink.http-status",
    sent: status >= 500 ? "unknown" : "no",
  });
}

/** Nothing came in time: for a long poll that is no failure, unless the question never left. */
export function isTimeout(error: unknown): boolean {
  if (error instanceof TooLate) return true;
  if (isRecord(error) && error.sent === "no") return false;
  const code = isRecord(error) ? error.code : undefined;
  if (code === "http.timeout" || code === "UND_ERR_HEADERS_TIMEOUT" || code === "UND_ERR_BODY_TIMEOUT") return true;
  return isRecord(error) && error.cause !== undefined && error.cause !== error && isTimeout(error.cause);
}

function kindOf(error: unknown): string {
  if (error instanceof TooLate) return error.message;
  const codes: string[] = [];
  let at: unknown = error;
  for (let depth = 0; depth < 4 && isRecord(at); depth += 1) {
    if (typeof at.code === "string") codes.push(at.code);
    at = at.cause;
  }
  return codes.at(-1) ?? (error instanceof Error ? error.name : "unknown failure");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
