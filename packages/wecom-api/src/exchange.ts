import {
  type Fetch,
  type FetchInit,
  isObject,
  type JsonObject,
  numberField,
  ProtocolError,
  RejectedError,
  TransientError,
} from "@wxgate/core";
import { redactedCause } from "./redact.ts";
import type { Secrets } from "./secrets.ts";

/** `https://qyapi.weixin.qq.com`, where the public platform is. */
export const DEFAULT_API_BASE_URL = "https://qyapi.weixin.qq.com";

const API_PREFIX = "/cgi-bin";
/** A page of 1000 customer service messages has less than a tenth of this. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

export interface ExchangeRequest {
  readonly method: "GET" | "POST";
  /** Behind /cgi-bin/, e.g. "kf/send_msg". */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | ReadableStream<Uint8Array>;
  readonly secrets: Secrets;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly errcode: number;
  readonly errmsg: string;
  readonly fields: JsonObject;
}

/** One HTTP request to the platform and its answer. */
export type Exchange = (request: ExchangeRequest) => Promise<Response>;

/** @throws TypeError when `apiBaseUrl` is no http(s) URL */
export function createExchange(fetch: Fetch, apiBaseUrl: string = DEFAULT_API_BASE_URL): Exchange {
  const base = toBase(apiBaseUrl);

  return async function exchange({ method, path, query, headers, body, secrets, signal }) {
    const url = `${base}/${path}?${new URLSearchParams(query)}`;
    const init: FetchInit = {
      method,
      headers,
      signal,
      redirect: "manual",
      ...(body !== undefined && { body: body as RequestInit["body"] }),
      ...(typeof body === "object" && { duplex: "half" }),
    };
    const response = await fetch(url, init).catch((error: unknown) => {
      throw unreachable(path, error, secrets, signal);
    });
    if (response.ok) return response;
    await response.body?.cancel().catch(() => undefined);
    throw badStatus(path, response.status);
  };
}

/** Reads a JSON answer; a missing errcode counts as 0. */
export async function readAnswer(response: Response, request: ExchangeRequest): Promise<Answer> {
  const { path, secrets, signal } = request;
  const text = await readText(response, MAX_ANSWER_BYTES).catch((error: unknown) => {
    throw unreachable(path, error, secrets, signal);
  });
  if (text === undefined)
    throw new ProtocolError(`WeCom's answer to ${path} is too large`, { code: "wecom.bad-answer" });
  return parseAnswer(text, path);
}

export function parseAnswer(text: string, path: string): Answer {
  const fields = tryParse(text);
  if (fields === undefined) {
    // Some proxy's page, or half an answer: what became of the request is unknown.
    throw new TransientError(`WeCom's answer to ${path} is not JSON`, { code: "wecom.bad-answer", sent: "unknown" });
  }
  const { errmsg = "" } = fields;
  const errcode = fields.errcode === undefined ? 0 : numberField(fields, "errcode");
  if (errcode === undefined) {
    throw new ProtocolError(`WeCom's answer to ${path} has no numeric errcode`, { code: "wecom.bad-answer" });
  }
  return { errcode, errmsg: String(errmsg), fields };
}

/** The error for an exchange that broke off; the caller's own reason when it was the caller who ended it. */
export function unreachable(path: string, error: unknown, secrets: Secrets, signal?: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason;
  const sent = (error as { sent?: unknown } | undefined)?.sent === "no" ? "no" : "unknown";
  return new TransientError(`WeCom could not be reached for ${path}`, {
    code: "wecom.unreachable",
    hint: "Check this machine's network, DNS and proxy (egressProxyUrl).",
    sent,
    cause: redactedCause(error, secrets.values),
  });
}

function badStatus(path: string, status: number): Error {
  const message = `WeCom answered ${path} with HTTP status ${status}`;
  const hint = "Check apiBaseUrl and the proxy: WeCom itself answers its API calls with 200.";
  if (status >= 500 || status === 429 || status === 408) {
    return new TransientError(message, { code: "wecom.http-status", hint, sent: "unknown" });
  }
  if (status === 413) return new RejectedError(message, { code: "wecom.media-size", hint });
  return new ProtocolError(message, { code: status < 400 ? "wecom.redirected" : "wecom.http-status", hint });
}

function toBase(apiBaseUrl: string): string {
  const url = URL.canParse(apiBaseUrl) ? new URL(apiBaseUrl) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw new TypeError("apiBaseUrl must be an http or https URL");
  const path = url.pathname.replace(/\/+$/, "");
  return `${url.origin}${path.endsWith(API_PREFIX) ? path : path + API_PREFIX}`;
}

async function readText(response: Response, maxBytes: number): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = "";
  let total = 0;
  for await (const chunk of response.body ?? []) {
    total += (chunk as Uint8Array).length;
    if (total > maxBytes) return undefined;
    text += decoder.decode(chunk as Uint8Array, { stream: true });
  }
  return text + decoder.decode();
}

function tryParse(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
