import type { Buffer } from "node:buffer";
import type { Dispatcher } from "undici";
import { describeUrl, HttpError, type Sent } from "./errors.ts";
import { toHttpError } from "./failure.ts";
import { createAnswer, takesBody } from "./response.ts";
import { UPLOAD_SLICE_BYTES } from "./upload.ts";

const LARGEST_SLICE_BYTES = 256 * 1024;
const FAST_MS = 500;

export interface ExchangeOptions {
  readonly agent: Dispatcher;
  readonly url: URL;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer | AsyncIterable<Uint8Array> | null;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** One request on the wire. */
export interface Exchange {
  /** Rejects with an HttpError, or with the reason of the caller's signal. The body fails in the same way. */
  readonly response: Promise<Response>;
  /** True once the first byte may have left this machine for the server. */
  started(): boolean;
}

/**
 * Sends one request and watches it for silence: no byte of the request taken by the network, no headers and no byte of the
 * answer for `timeoutMs`. A slow consumer is not silence: while it does not read, the clock stands still.
 *
 * It stands directly on undici's connections. `fetch` would follow the standard through a dozen objects and three copies
 * of the body, at a cost that a gateway pays for every answer of an agent.
 */
export function startExchange(options: ExchangeOptions): Exchange {
  const { agent, url, timeoutMs, signal } = options;
  let timer: NodeJS.Timeout | undefined;
  let controller: Dispatcher.DispatchController | undefined;
  let phase = "send the whole request";
  let over = false;
  let answer: ReturnType<typeof createAnswer> | undefined;
  let resolve: (response: Response) => void;
  let reject: (reason: unknown) => void;
  const response = new Promise<Response>((onResponse, onFailure) => {
    resolve = onResponse;
    reject = onFailure;
  });
  const touch = () => void timer?.refresh();

  function end(): void {
    over = true;
    clearTimeout(timer);
    signal?.removeEventListener("abort", onCallerAbort);
  }
  /** For both sides: the caller hears `reason`, the connection is given up. */
  function stop(reason: unknown): void {
    if (over) return;
    end();
    if (answer === undefined) reject(reason);
    else answer.fail(reason);
    controller?.abort(reason instanceof Error ? reason : new Error("the request was aborted"));
  }
  function fail(error: unknown): void {
    const sent: Sent = controller === undefined ? "no" : "unknown";
    stop(toHttpError(error, url, sent));
  }
  function onCallerAbort(): void {
    stop(signal?.reason);
  }
  function onSilence(): void {
    if (controller?.paused) {
      touch();
      return;
    }
    const message = `timed out: ${describeUrl(url)} did not ${phase} within ${timeoutMs} ms`;
    stop(new HttpError(message, { code: "http.timeout", sent: "unknown" }));
  }

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(current) {
      controller = current;
      if (over) return current.abort(new Error("the request was given up before it began"));
      timer = setTimeout(onSilence, timeoutMs);
      phase = "answer";
    },
    onResponseStart(current, status, fields, statusText) {
      touch();
      // 1xx only announce the answer.
      if (over || status < 200) return;
      phase = "send more of its answer";
      answer = createAnswer(
        { url, status, statusText: statusText ?? "", fields },
        {
          hasBody: takesBody(options.method, status),
          more() {
            touch();
            current.resume();
          },
          cancel() {
            end();
            current.abort(new Error("the rest of the answer is not wanted"));
          },
        },
      );
      resolve(answer.response);
    },
    onResponseData(current, chunk) {
      touch();
      if (answer !== undefined && !answer.take(chunk)) current.pause();
    },
    onResponseEnd() {
      if (over) return;
      end();
      answer?.close();
    },
    onResponseError(_current, error) {
      fail(error);
    },
  };

  if (signal?.aborted) stop(signal.reason);
  else {
    signal?.addEventListener("abort", onCallerAbort, { once: true });
    try {
      agent.dispatch(dispatchOptions(options, touch), handler);
    } catch (error) {
      fail(error);
    }
  }
  return { response, started: () => controller !== undefined };
}

function dispatchOptions(
  { url, method, headers, body }: ExchangeOptions,
  touch: () => void,
): Dispatcher.DispatchOptions {
  return {
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method: method as Dispatcher.HttpMethod,
    headers,
    body: body === null || ArrayBuffer.isView(body) ? body : (observeUpload(body, touch) as never),
  };
}

/**
 * Hands big chunks over in slices, so that a slow but moving upload is seen to move. Where they are taken fast they grow:
 * each is a way through the event loop and back.
 */
async function* observeUpload(body: AsyncIterable<Uint8Array>, touch: () => void): AsyncGenerator<Uint8Array> {
  let sliceBytes = UPLOAD_SLICE_BYTES;
  for await (const chunk of body) {
    for (let at = 0; at < chunk.length; ) {
      touch();
      const slice = chunk.subarray(at, at + sliceBytes);
      at += slice.length;
      const before = performance.now();
      yield slice;
      const isFast = performance.now() - before < FAST_MS;
      sliceBytes = isFast ? Math.min(2 * sliceBytes, LARGEST_SLICE_BYTES) : UPLOAD_SLICE_BYTES;
    }
  }
  touch();
}
