import { capBytes, tooLarge } from "./byte-cap.ts";
import { describeUrl, HttpError } from "./errors.ts";
import type { Guard } from "./guard.ts";
import type { OutboundRequest } from "./request.ts";
import { toOutboundRequest } from "./request.ts";

export interface DownloadOptions {
  readonly signal: AbortSignal;
  readonly maxBytes: number;
  /** Where the URL and its redirects may lead. */
  readonly guard: Guard;
  /** For the first origin only: redirects to another one carry no credentials. */
  readonly headers?: Readonly<Record<string, string>>;
  /** For everything together, to the last byte. Default 600,000 (10 minutes). */
  readonly totalTimeoutMs?: number;
}

export interface Download {
  /** Decoded bytes as they come; fails with `http.too-large`, `http.timeout`, `http.connection-lost`. Read or cancel it. */
  readonly body: ReadableStream<Uint8Array>;
  /** The server's word, lower case, without parameters; `application/octet-stream` if it said nothing. Sniff to be sure. */
  readonly mime: string;
  /** Announced size, where it is that of the bytes of `body`. */
  readonly bytes?: number;
  /** The `Content-Disposition` header as it came (bytes as Latin-1 characters). */
  readonly disposition?: string;
  /** Last URL after redirects. May hold secrets in its query. */
  readonly url: string;
}

const DEFAULT_TOTAL_TIMEOUT_MS = 600_000;

/** @param open sends a request with guard and retries. */
export async function download(
  open: (request: OutboundRequest, guard: Guard) => Promise<Response>,
  input: string | URL,
  options: DownloadOptions,
): Promise<Download> {
  const { maxBytes, guard, totalTimeoutMs = DEFAULT_TOTAL_TIMEOUT_MS } = options;
  // A compressed answer would make Content-Length meaningless, and media gain nothing from it.
  const headers = { "accept-encoding": "identity", ...options.headers };
  const plain = toOutboundRequest(input, { headers });
  const what = describeUrl(plain.url);
  const limit = withDeadline(options.signal, totalTimeoutMs, what);
  try {
    const response = await open({ ...plain, signal: limit.signal }, guard);
    await requireGood(response, what, maxBytes);
    const bytes = announcedBytes(response);
    const disposition = response.headers.get("content-disposition");
    return {
      body: capBytes(response.body ?? emptyBody(), { maxBytes, what, onEnd: limit.release }),
      mime: response.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() || "application/octet-stream",
      ...(bytes !== undefined && { bytes }),
      ...(disposition !== null && { disposition }),
      url: response.url,
    };
  } catch (error) {
    limit.release();
    throw error;
  }
}

async function requireGood(response: Response, what: string, maxBytes: number): Promise<void> {
  const bytes = announcedBytes(response);
  const problem = response.ok
    ? bytes !== undefined && bytes > maxBytes && tooLarge(what, maxBytes, bytes)
    : new HttpError(`${what} answered with status ${response.status}`, {
        code: "http.status",
        sent: "unknown",
        status: response.status,
      });
  if (!problem) return;
  await response.body?.cancel();
  throw problem;
}

function announcedBytes({ headers }: Response): number | undefined {
  const length = headers.get("content-length");
  const encoding = headers.get("content-encoding") ?? "identity";
  return length !== null && /^\d+$/.test(length) && encoding === "identity" ? Number(length) : undefined;
}

function emptyBody(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.close() });
}

function withDeadline(
  signal: AbortSignal,
  totalTimeoutMs: number,
  what: string,
): { signal: AbortSignal; release(): void } {
  const abort = new AbortController();
  const onAbort = () => abort.abort(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });

  const message = `${what} took longer than ${totalTimeoutMs} ms in all`;
  const timer = setTimeout(
    () => abort.abort(new HttpError(message, { code: "http.timeout", sent: "unknown" })),
    totalTimeoutMs,
  );
  timer.unref();
  return {
    signal: abort.signal,
    release() {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    },
  };
}
