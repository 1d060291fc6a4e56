/**
 * What went wrong, for programs. Stable: may be stored, compared and counted.
 *
 * - `http.bad-request`: the call itself is wrong (not an http(s) URL, user name in the URL, …).
 * - `http.dns`, `http.connect`, `http.tls`: no connection to the server, nothing was sent.
 * - `http.proxy`: the proxy could not be reached or refused; `http.proxy-config`: its address is not usable.
 * - `http.timeout`: nothing moved for the configured time, or the whole took too long.
 * - `http.connection-lost`, `http.bad-response`: the exchange broke off, or the answer is not HTTP.
 * - `http.redirect`: a redirect that is not followed. `http.status`: a download was answered with an error status.
 * - `http.too-large`: more bytes than allowed. `http.blocked-url`, `http.blocked-address`: refused by the guard.
 * - `http.closed`: the client was closed.
 */
export type HttpErrorCode =
  | "http.bad-request"
  | "http.blocked-address"
  | "http.blocked-url"
  | "http.bad-response"
  | "http.closed"
  | "http.connect"
  | "http.connection-lost"
  | "http.dns"
  | "http.proxy"
  | "http.proxy-config"
  | "http.redirect"
  | "http.status"
  | "http.timeout"
  | "http.tls"
  | "http.too-large";

/** `no`: the request certainly did not reach the server. `unknown`: it may have, wholly or in part. */
export type Sent = "no" | "unknown";

export interface HttpErrorOptions {
  readonly code: HttpErrorCode;
  readonly sent: Sent;
  /** The HTTP status, where there was an answer. */
  readonly status?: number;
  /** The size of an answer that is too large, where the server announced it. */
  readonly bytes?: number;
  readonly cause?: unknown;
}

/**
 * Every failure of this package. The message names origin and path at most: query strings (WeCom puts tokens there),
 * user names and passwords appear neither in it nor in its `cause`.
 */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly code: HttpErrorCode;
  readonly sent: Sent;
  declare readonly status?: number;
  declare readonly bytes?: number;

  constructor(message: string, { code, sent, status, bytes, cause }: HttpErrorOptions) {
    super(message, cause === undefined ? undefined : { cause: sanitizeCause(cause) });
    this.code = code;
    this.sent = sent;
    if (status !== undefined) this.status = status;
    if (bytes !== undefined) this.bytes = bytes;
  }
}

/** Origin and path of a URL: what an error or a log line may show of it. */
export function describeUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

const MAX_CAUSE_CHARS = 500;
const MAX_CAUSE_DEPTH = 3;

/** A copy of an error with nothing in it but name, code and a message without queries and user names. */
function sanitizeCause(cause: unknown, depth = 0): Error {
  if (cause instanceof HttpError) return cause;
  if (!(cause instanceof Error)) return new Error(withoutSecrets(String(cause)));

  const inner =
    cause.cause === undefined || depth >= MAX_CAUSE_DEPTH ? undefined : sanitizeCause(cause.cause, depth + 1);
  const copy = new Error(withoutSecrets(cause.message), inner && { cause: inner });
  copy.name = cause.name;
  const code = errorCode(cause);
  return code === undefined ? copy : Object.assign(copy, { code });
}

/** The `code` of a Node or undici error; of an AggregateError (several addresses tried) that of the first attempt. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  if ("code" in error && typeof error.code === "string") return error.code;
  return error instanceof AggregateError ? errorCode(error.errors[0]) : undefined;
}

/** Foreign text without what stands behind a `?` or before an `@` in a URL. */
export function withoutSecrets(text: string): string {
  return text
    .slice(0, MAX_CAUSE_CHARS)
    .replace(/:\/\/[^\s/@]*@/g, "://")
    .replace(/\?[^\s"')]*/g, "?…");
}
