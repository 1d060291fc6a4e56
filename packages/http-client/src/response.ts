import type { IncomingHttpHeaders } from "node:http";
import { decode, encodingOf, isEncoded } from "./decode.ts";
import { createIncomingBody } from "./incoming-body.ts";
import { toLightResponse } from "./light-response.ts";

interface Head {
  readonly url: URL;
  readonly status: number;
  readonly statusText: string;
  /** As Latin-1; a name that came more than once has a list. */
  readonly fields: IncomingHttpHeaders;
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

export function createAnswer({ url, status, statusText, fields }: Head, { hasBody, more, cancel }: Source): Answer {
  const standard = (body: ReadableStream<Uint8Array> | null) =>
    describe(new Response(body, { status, statusText, headers: toHeaders(fields) }), url);
  if (!hasBody) return { response: standard(null), take: () => true, close() {}, fail() {} };
  const body = createIncomingBody({ more, cancel });
  const encoding = encodingOf(fields);
  const response = isEncoded(encoding)
    ? standard(decode(body.stream(), encoding, url))
    : toLightResponse(body, { status, statusText, url: url.href, readHeaders: () => toHeaders(fields) });
  return { response, take: body.take, close: body.close, fail: body.fail };
}

function describe(response: Response, url: URL): Response {
  return Object.defineProperty(response, "url", { value: url.href, configurable: true });
}

function toHeaders(fields: IncomingHttpHeaders): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(fields)) {
    for (const one of Array.isArray(value) ? value : [value ?? ""]) headers.append(name, one);
  }
  return headers;
}
