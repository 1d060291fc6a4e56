import { Buffer } from "node:buffer";
import type { Dispatcher } from "undici";
import { describeUrl, HttpError } from "./errors.ts";

/** One request on the wire and what watches over it. */
export interface Exchange {
  readonly dispatcher: Dispatcher;
  /** Fires on silence and when the caller's own signal does. */
  readonly signal: AbortSignal;
  /** True once the first byte may have left this machine for the server. */
  started(): boolean;
  /** The consumer asked for more: silence counts from here. */
  touch(): void;
  /** Lets go of timer and caller's signal; for an exchange that never began. */
  release(): void;
}

export interface ExchangeOptions {
  readonly agent: Dispatcher;
  readonly url: URL;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Sent in place of fetch's body. fetch copies a stream for a redirect it never makes, and so keeps all of it in memory. */
  readonly upload?: { readonly body: AsyncIterable<Uint8Array> | Buffer; readonly contentLength?: string };
}

/** A body of this size is given to the network at once. */
export const UPLOAD_SLICE_BYTES = 64 * 1024;

/**
 * Watches one exchange for silence: no byte of the request taken by the network, no headers and no byte of the answer
 * for `timeoutMs`. A slow consumer is not silence: while it does not read, the clock stands still.
 */
export function watchExchange({ agent, url, timeoutMs, signal: callerSignal, upload }: ExchangeOptions): Exchange {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let controller: Dispatcher.DispatchController | undefined;
  let phase = "send the whole request";

  const onCallerAbort = () => abort.abort(callerSignal?.reason);
  if (callerSignal?.aborted) onCallerAbort();
  else callerSignal?.addEventListener("abort", onCallerAbort, { once: true });

  function release(): void {
    clearTimeout(timer);
    timer = undefined;
    callerSignal?.removeEventListener("abort", onCallerAbort);
  }
  function touch(): void {
    timer?.refresh();
  }
  function onSilence(): void {
    if (controller?.paused) {
      touch();
      return;
    }
    const message = `timed out: ${describeUrl(url)} did not ${phase} within ${timeoutMs} ms`;
    abort.abort(new HttpError(message, { code: "http.timeout", sent: "unknown" }));
  }

  const dispatcher = agent.compose((dispatch) => (options, handler) => {
    const body = upload?.body ?? (options.body as AsyncIterable<Uint8Array> | null | undefined);
    const sent = {
      ...options,
      headers: upload ? uploadHeaders(options.headers, upload.contentLength) : options.headers,
      body: Buffer.isBuffer(body) ? body : body && observeUpload(body as AsyncIterable<Uint8Array>, touch),
    };
    return dispatch(sent as Dispatcher.DispatchOptions, {
      onRequestStart(current, context) {
        controller = current;
        timer = setTimeout(onSilence, timeoutMs);
        phase = "answer";
        handler.onRequestStart?.(current, context);
      },
      onRequestUpgrade: (...args) => handler.onRequestUpgrade?.(...args),
      onResponseStart(...args) {
        touch();
        phase = "send more of its answer";
        handler.onResponseStart?.(...args);
      },
      onResponseData(...args) {
        touch();
        handler.onResponseData?.(...args);
      },
      onResponseEnd(...args) {
        release();
        handler.onResponseEnd?.(...args);
      },
      onResponseError(...args) {
        release();
        handler.onResponseError?.(...args);
      },
    });
  });

  return { dispatcher, signal: abort.signal, started: () => controller !== undefined, touch, release };
}

/** fetch, told of no body, has stated a length of 0; without a length the body goes out in chunked encoding. */
function uploadHeaders(headers: Dispatcher.DispatchOptions["headers"], contentLength?: string): Record<string, string> {
  const { "content-length": _, ...others } = headers as Record<string, string>;
  return contentLength === undefined ? others : { ...others, "content-length": contentLength };
}

/** Hands big chunks over in slices, so that a slow but moving upload is seen to move. */
async function* observeUpload(body: AsyncIterable<Uint8Array>, touch: () => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    for (let at = 0; at < chunk.length; at += UPLOAD_SLICE_BYTES) {
      touch();
      yield chunk.subarray(at, at + UPLOAD_SLICE_BYTES);
    }
  }
  touch();
}
