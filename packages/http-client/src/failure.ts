import { describeUrl, errorCode, HttpError, type HttpErrorCode, type Sent, withoutSecrets } from "./errors.ts";

const DNS_CODES = new Set(["ENOTFOUND", "EAI_AGAIN", "EAI_NODATA", "EAI_NONAME", "ENODATA", "ESERVFAIL"]);
const TLS_CODES = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "EPROTO",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);
const LOST_CODES = new Set([
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "UND_ERR_SOCKET",
  "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH",
]);

/** Whatever undici, node:net or node:tls threw, as an HttpError that says how far the request came. */
export function toHttpError(thrown: unknown, url: URL, sent: Sent): HttpError {
  const error = rootOf(thrown);
  if (error instanceof HttpError) {
    if (error.sent === sent || sent === "no") return error;
    return new HttpError(error.message, { code: error.code, sent, status: error.status, cause: error.cause });
  }
  const code = errorCode(error);
  const kind = isParserError(error) ? "http.bad-response" : classify(code, sent);
  const detail = code ?? withoutSecrets(error instanceof Error ? error.message : "unknown failure");
  return new HttpError(`${WORDS[kind]} ${describeUrl(url)} (${detail})`, { code: kind, sent, cause: error });
}

/** fetch wraps the real failure once: `TypeError: fetch failed` or `terminated`, with a cause. */
function rootOf(thrown: unknown): unknown {
  return thrown instanceof TypeError && thrown.cause !== undefined ? thrown.cause : thrown;
}

/** undici gives it a code only where its parser had one. */
function isParserError(error: unknown): boolean {
  return error instanceof Error && error.name === "HTTPParserError";
}

type FailureCode = keyof typeof WORDS;
const WORDS = {
  "http.bad-request": "the request cannot be made:",
  "http.bad-response": "the answer is not valid HTTP:",
  "http.closed": "the HTTP client is closed:",
  "http.connect": "no connection to",
  "http.connection-lost": "the connection broke off during the exchange with",
  "http.dns": "the host name could not be resolved:",
  "http.timeout": "no connection in time to",
  "http.tls": "no trusted TLS connection to",
} satisfies Partial<Record<HttpErrorCode, string>>;

function classify(code: string | undefined, sent: Sent): FailureCode {
  if (code === "UND_ERR_CLOSED" || code === "UND_ERR_DESTROYED") return "http.closed";
  if (code === "UND_ERR_INVALID_ARG" || code === "ERR_INVALID_ARG_TYPE") return "http.bad-request";
  if (sent === "unknown") {
    return code === undefined || LOST_CODES.has(code) ? "http.connection-lost" : "http.bad-response";
  }
  if (code === undefined) return "http.bad-request";
  if (DNS_CODES.has(code)) return "http.dns";
  if (code === "UND_ERR_CONNECT_TIMEOUT") return "http.timeout";
  if (TLS_CODES.has(code) || code.startsWith("CERT_") || code.startsWith("ERR_TLS_") || code.startsWith("ERR_SSL_")) {
    return "http.tls";
  }
  return "http.connect";
}
