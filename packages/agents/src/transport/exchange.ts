import { ChannelError, type Clock, type Fetch, type Logger } from "@wxgate/core";
import { abortable } from "./abortable.ts";
import { createFailures, type Failures } from "./failures.ts";
import { createRedact } from "./redact.ts";
import { createWatchdog } from "./watchdog.ts";

/** More than any answer has; what is longer is taken for a server gone mad. */
const LONGEST_ANSWER_BYTES = 64 * 1024 * 1024;
const LONGEST_ERROR_BYTES = 64 * 1024;

/** Made once: an abort without a reason makes an error with a stack each time. */
const OVER = new Error("nothing more of the answer is wanted");

/** The caller's signal and ours, which fires with it. */
interface Cancelling {
  readonly signal: AbortSignal;
  readonly cancel: AbortController;
  /** Closes what is still open, stops the watchdogs and lets go of the caller's signal. */
  end(): void;
}

/** As AbortSignal.any, whose weak references make work for the garbage collector with every request. */
function cancelWith(signal: AbortSignal): Cancelling {
  const cancel = new AbortController();
  const forward = () => cancel.abort(signal.reason);
  if (signal.aborted) forward();
  signal.addEventListener("abort", forward, { once: true });
  const end = () => {
    signal.removeEventListener("abort", forward);
    cancel.abort(OVER);
  };
  return { signal, cancel, end };
}

export interface ExchangeOptions {
  readonly label: string;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly log: Logger;
  /** Until the server begins to answer. */
  readonly timeoutMs: number;
  /** Longest silence in the middle of an answer. */
  readonly idleTimeoutMs: number;
  /** Never to be seen in an error. */
  readonly secrets: readonly (string | undefined)[];
  readonly credential: string;
  readonly place: string;
  readonly final4xx?: boolean;
  /**
   * What the body of an error answer means by the server's own numbers; undefined: it says no more than the status.
   * Not asked where the status says all: 401, 402, 403, and those that may carry `Retry-After`, 429 and 503.
   */
  readonly problemIn?: ((body: unknown, failures: Failures) => ChannelError | undefined) | undefined;
}

const CLEAR_STATUSES: readonly number[] = [401, 402, 403, 429, 503];

interface ExchangeRequest {
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Lower case and without parameters; empty when the server named none. */
  readonly mime: string;
  /** The bytes end where HTTP says that they end, not just where the connection does. */
  readonly framed: boolean;
  /** Can be read once. Leaving the loop early closes the connection. */
  chunks(): AsyncGenerator<Uint8Array>;
  text(): Promise<string>;
  /** @throws ProtocolError when it is no JSON. */
  json(): Promise<unknown>;
  /** Closes the connection; for answers that are not read. */
  discard(): void;
}

export interface Exchange {
  readonly failures: Failures;
  readonly log: Logger;
  /** @throws one of the four errors on every status but 2xx; the signal's own reason when it fires. */
  send(request: ExchangeRequest, signal: AbortSignal): Promise<Answer>;
}

/** One HTTP call to an agent's server: time-outs, caps, and errors that say who should act. */
export function createExchange(options: ExchangeOptions): Exchange {
  const { label, fetch, clock, timeoutMs, idleTimeoutMs, credential, place, final4xx } = options;
  const redact = createRedact(options.secrets.filter((secret) => secret !== undefined));
  const failures = createFailures({
    label,
    clock,
    redact,
    credential,
    place,
    ...(final4xx === undefined ? {} : { final4xx }),
  });

  async function open(request: ExchangeRequest, { signal, cancel, end }: Cancelling): Promise<Response> {
    const watchdog = createWatchdog(clock, timeoutMs, cancel.signal, () =>
      cancel.abort(failures.timedOut(timeoutMs, "did not answer")),
    );
    watchdog.arm();
    try {
      signal.throwIfAborted();
      const { url, ...init } = request;
      return await abortable(fetch(url, { ...init, redirect: "manual", signal: cancel.signal }), cancel.signal);
    } catch (error) {
      end();
      signal.throwIfAborted();
      throw error instanceof ChannelError ? error : failures.unreachable(error);
    } finally {
      watchdog.disarm();
    }
  }

  async function* read(body: Response["body"], { signal, cancel, end }: Cancelling): AsyncGenerator<Uint8Array> {
    if (body === null) return;
    const watchdog = createWatchdog(clock, idleTimeoutMs, cancel.signal, () =>
      cancel.abort(failures.timedOut(idleTimeoutMs, "was silent in the middle of its answer")),
    );
    const reader = body.getReader();
    let bytes = 0;
    const next = async () => {
      watchdog.arm();
      try {
        return await abortable(reader.read(), cancel.signal);
      } catch (error) {
        signal.throwIfAborted();
        throw error instanceof ChannelError ? error : failures.brokenOff(error);
      } finally {
        watchdog.disarm();
      }
    };
    try {
      for (let chunk = await next(); chunk.done !== true; chunk = await next()) {
        bytes += chunk.value.byteLength;
        if (bytes > LONGEST_ANSWER_BYTES) throw failures.garbage(`more than ${LONGEST_ANSWER_BYTES} bytes`);
        yield chunk.value;
      }
    } finally {
      end();
    }
  }

  return {
    failures,
    log: options.log,
    async send(request, signal) {
      const cancelling = cancelWith(signal);
      const { end } = cancelling;
      const response = await open(request, cancelling);
      const { status, headers, body: stream } = response;
      if (stream === null) end();
      const answer = answerOf(response, failures, {
        chunks: () => read(stream, cancelling),
        discard: end,
      });
      if (status >= 200 && status < 300) return answer;
      const said = await errorBody(answer);
      const body = parsed(said);
      const own = CLEAR_STATUSES.includes(status) ? undefined : options.problemIn?.(body, failures);
      throw (
        own ?? failures.status(status, headers, body === undefined ? said : (describeProblem(body) ?? ""), request.url)
      );
    },
  };
}

function answerOf(
  { status, headers, body }: Response,
  failures: Failures,
  { chunks, discard }: Pick<Answer, "chunks" | "discard">,
): Answer {
  const framed = body === null || headers.has("transfer-encoding") || headers.has("content-length");
  const text = async () => {
    const decoder = new TextDecoder();
    let whole = "";
    for await (const chunk of chunks()) whole += decoder.decode(chunk, { stream: true });
    return whole + decoder.decode();
  };
  return {
    status,
    headers,
    mime: (headers.get("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "",
    framed,
    chunks,
    discard,
    text,
    async json() {
      const whole = await text();
      try {
        return JSON.parse(whole);
      } catch {
        throw framed ? failures.garbage(`${whole.length} characters that are no JSON`) : failures.brokenOff();
      }
    },
  };
}

/** Nothing for a page. Its own failure explains nothing. */
async function errorBody(answer: Answer): Promise<string> {
  if (answer.mime === "text/html") {
    answer.discard();
    return "";
  }
  const decoder = new TextDecoder();
  let said = "";
  try {
    for await (const chunk of answer.chunks()) {
      said += decoder.decode(chunk, { stream: true });
      if (said.length > LONGEST_ERROR_BYTES) break;
    }
  } catch (error) {
    if (!(error instanceof ChannelError)) throw error;
  }
  return said;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The sentence inside an error, in the shapes servers use. */
export function describeProblem(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return undefined;
  const fields = value as Record<string, unknown>;
  for (const key of ["error", "message", "msg", "detail", "title", "code"]) {
    const found = describeProblem(fields[key]);
    if (found !== undefined && found !== "") return found;
  }
  return undefined;
}
