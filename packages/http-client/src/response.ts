import type { Dispatcher } from "undici";
import { decode, isEncoded } from "./decode.ts";
import { createIncomingBody } from "./incoming-body.ts";
import { toLightResponse } from "./light-response.ts";

interface Head {
  readonly url: URL;
  readonly status: number;
  readonly statusText: string;
  readonly rawHeaders: Dispatcher.DispatchController["rawHeaders"];
}

interface Source {
  readonly hasBody: boolean;
  /** There is room for more. */
  more(): void;
  /** Nobody wants the rest. */
  cancel(): void;
}

/** Node's own Response, so that `instanceof` holds for everybody, and where its body comes in. */
export interface Answer {
  readonly response: Response;
  /** False: wait until more is asked for. */
  take(chunk: Uint8Array): boolean;
  close(): void;
  fail(reason: unknown): void;
}

const NULL_BODY_STATUSES = new Set([204, 205, 304]);

/** Whether an answer of this kind has a body at all, be it an empty one. */
export function takesBody(method: string, status: number): boolean {
  return method !== "HEAD" && !NULL_BODY_STATUSES.has(status);
}

export function createAnswer({ url, status, statusText, rawHeaders }: Head, { hasBody, more, cancel }: Source): Answer {
  const headers = toHeaders(rawHeaders);
  const init = { status, statusText, headers };
  if (!hasBody) {
    return { response: describe(new Response(null, init), url), take: () => true, close() {}, fail() {} };
  }
  const body = createIncomingBody({ more, cancel });
  const response = isEncoded(headers)
    ? describe(new Response(decode(body.stream(), headers, url), init), url)
    : toLightResponse(body, init, url.href);
  return { response, take: body.take, close: body.close, fail: body.fail };
}

function describe(response: Response, url: URL): Response {
  return Object.defineProperty(response, "url", { value: url.href, configurable: true });
}

/** Bytes of a header are Latin-1 characters; a name may come more than once. */
function toHeaders(raw: Head["rawHeaders"]): Headers {
  const headers = new Headers();
  if (!Array.isArray(raw)) return headers;
  for (let at = 0; at + 1 < raw.length; at += 2) headers.append(latin1(raw[at]), latin1(raw[at + 1]));
  return headers;
}

function latin1(value: string | Uint8Array | undefined): string {
  return typeof value === "string" ? value : Buffer.from(value ?? []).toString("latin1");
}
