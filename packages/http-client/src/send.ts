import { Buffer } from "node:buffer";
import { type Dispatcher, type RequestInit as UndiciRequestInit, fetch as undiciFetch } from "undici";
import type { Sent } from "./errors.ts";
import { type Exchange, UPLOAD_SLICE_BYTES, watchExchange } from "./exchange.ts";
import { toHttpError } from "./failure.ts";
import type { Guard } from "./guard.ts";
import { MAX_REDIRECTS, redirected, refused } from "./redirect.ts";
import { isReplayable, type OutboundRequest } from "./request.ts";
import { toUploadStream } from "./upload.ts";

export interface Sender {
  /** Connections for requests that may go anywhere, and for those that may reach public addresses only. */
  readonly agents: { readonly trusted: Dispatcher; readonly public: Dispatcher };
  readonly timeoutMs: number;
}

/** Remembers over redirects and attempts whether anything may have reached a server. */
export interface SentMark {
  sent: Sent;
}

/** Sends a request once and follows its redirects; every URL passes the guard first. */
export async function send(sender: Sender, first: OutboundRequest, mark: SentMark, guard?: Guard): Promise<Response> {
  let request = first;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const trust = guard ? guard.check(request.url) : "trusted";
    const response = await exchange(sender.agents[trust], request, sender.timeoutMs, mark);
    const next = await redirectedOrCancel(request, response);
    if (!next) return describeOrigin(response, request.url, hop > 0);
    await response.body?.cancel();
    request = next;
  }
  throw refused(first.url, `redirects more than ${MAX_REDIRECTS} times`);
}

async function redirectedOrCancel(request: OutboundRequest, response: Response): Promise<OutboundRequest | undefined> {
  try {
    return redirected(request, response.status, response.headers.get("location"));
  } catch (error) {
    await response.body?.cancel();
    throw error;
  }
}

async function exchange(
  agent: Dispatcher,
  request: OutboundRequest,
  timeoutMs: number,
  mark: SentMark,
): Promise<Response> {
  const { url, method, body, signal } = request;
  const stream = isReplayable(body) ? undefined : toUploadStream(body as ReadableStream<Uint8Array>);
  const headers = new Headers(request.headers);
  const text = typeof body === "string" && body.length > 0 ? toTextUpload(body, headers) : undefined;
  const upload = stream ? { body: stream.chunks, contentLength: takeHeader(headers, "content-length") } : text;
  const watch = watchExchange({ agent, url, timeoutMs, signal, upload });
  const init = {
    method,
    headers: [...headers],
    body: upload ? undefined : body,
    redirect: "manual",
    signal: watch.signal,
    dispatcher: watch.dispatcher,
  };
  try {
    const response = await undiciFetch(url, init as unknown as UndiciRequestInit);
    mark.sent = "unknown";
    return toGlobalResponse(response as unknown as Response, url, watch);
  } catch (error) {
    watch.release();
    stream?.discard();
    if (watch.started()) mark.sent = "unknown";
    throw failureOf(error, url, watch, mark.sent);
  }
}

/** fetch makes streams of a text and copies them; as it is, it leaves in one packet with the head. */
function toTextUpload(body: string, headers: Headers): { body: Buffer; contentLength: string } | undefined {
  const bytes = Buffer.from(body);
  // What is larger must be seen to move.
  if (bytes.length > UPLOAD_SLICE_BYTES) return undefined;
  if (!headers.has("content-type")) headers.set("content-type", "text/plain;charset=UTF-8");
  headers.delete("content-length");
  return { body: bytes, contentLength: String(bytes.length) };
}

function takeHeader(headers: Headers, name: string): string | undefined {
  const value = headers.get(name) ?? undefined;
  headers.delete(name);
  return value;
}

/** What aborted the exchange, if anything did, else the failure itself. The caller's own reason stays as it is. */
function failureOf(error: unknown, url: URL, watch: Exchange, sent: Sent): unknown {
  return watch.signal.aborted ? watch.signal.reason : toHttpError(error, url, sent);
}

/** Node's own Response, so that `instanceof` holds for everybody, around a body whose failures are HttpErrors. */
function toGlobalResponse(response: Response, url: URL, watch: Exchange): Response {
  const { status, statusText, headers } = response;
  const body = response.body && watchBody(response.body, url, watch);
  return new Response(body, { status, statusText, headers: [...headers] });
}

function watchBody(body: ReadableStream<Uint8Array>, url: URL, watch: Exchange): ReadableStream<Uint8Array> {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        reader ??= body.getReader();
        watch.touch();
        try {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          controller.error(failureOf(error, url, watch, "unknown"));
        }
      },
      cancel: (reason) => (reader ?? body).cancel(reason),
    },
    // Nothing is read before somebody asks: a body nobody wants is given up with its response.
    { highWaterMark: 0 },
  );
}

function describeOrigin(response: Response, url: URL, wasRedirected: boolean): Response {
  return Object.defineProperties(response, {
    url: { value: url.href },
    redirected: { value: wasRedirected },
  });
}
