import { HttpError } from "./errors.ts";
import { requireWebUrl } from "./guard.ts";

export type FetchInput = string | URL | Request;

export interface FetchInit extends RequestInit {
  /** Told of each chunk of a streamed body once the connection has taken it: its memory may be used again. */
  readonly onChunkSent?: (chunk: Uint8Array) => void;
}

/** One request, taken apart so that it can be sent again and redirected. */
export interface OutboundRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body: RequestInit["body"];
  readonly redirect: NonNullable<RequestInit["redirect"]>;
  readonly signal?: AbortSignal;
  readonly onChunkSent?: FetchInit["onChunkSent"];
}

/** @throws HttpError `http.bad-request` or `http.blocked-url` when this is no request over http or https. */
export function toOutboundRequest(input: FetchInput, init: FetchInit = {}): OutboundRequest {
  const base = input instanceof Request ? input : undefined;
  const url = toUrl(base ? base.url : (input as string | URL));
  requireWebUrl(url);

  const signal = init.signal ?? base?.signal;
  return {
    url,
    // fetch leaves a lower-case "patch" as it is, which servers refuse.
    method: (init.method ?? base?.method ?? "GET").toUpperCase(),
    headers: new Headers(init.headers ?? base?.headers),
    body: init.body ?? base?.body,
    redirect: init.redirect ?? base?.redirect ?? "follow",
    ...(signal && { signal }),
    ...(init.onChunkSent && { onChunkSent: init.onChunkSent }),
  };
}

function toUrl(value: string | URL): URL {
  if (value instanceof URL) return new URL(value);
  const text = String(value);
  if (!URL.canParse(text)) throw new HttpError("this is not an absolute URL", { code: "http.bad-request", sent: "no" });
  return new URL(text);
}

/** Whether the body can be sent a second time: streams and iterators cannot. */
export function isReplayable(body: RequestInit["body"]): boolean {
  if (body == null || typeof body === "string" || body instanceof URLSearchParams || body instanceof Blob) return true;
  return body instanceof FormData || body instanceof ArrayBuffer || ArrayBuffer.isView(body);
}

const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.has(method);
}
