import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";

/*
 * A `Request` costs Node some 20 µs and its body as much again, which is more than verifying and decrypting a callback.
 * What channels use of it (method, url, one header, the body's reader) is served straight from the socket's message; every
 * other member is there too and builds the real thing when it is first asked for.
 */

/** Callers never learn a host from it: what a client claims in `Host` is nothing to rely on. */
const ORIGIN = "http://localhost";

/** A web `Request` over a node message whose body nobody has read yet. */
export function toRequest(raw: IncomingMessage): Request {
  return new LightRequest(raw) as unknown as Request;
}

class LightRequest {
  readonly method: string;
  readonly url: string;
  readonly #raw: IncomingMessage;
  #headers: Headers | undefined;
  #body: LightBody | undefined;
  #real: Request | undefined;

  constructor(raw: IncomingMessage) {
    this.#raw = raw;
    this.method = raw.method ?? "GET";
    this.url = ORIGIN + (raw.url ?? "/");
  }

  get headers(): Headers {
    this.#headers ??= new LightHeaders(this.#raw) as unknown as Headers;
    return this.#headers;
  }

  get body(): ReadableStream<Uint8Array> | null {
    if (this.#real) return this.#real.body;
    if (this.method === "GET" || this.method === "HEAD") return null;
    this.#body ??= new LightBody(this.#raw);
    return this.#body as unknown as ReadableStream<Uint8Array>;
  }

  get bodyUsed(): boolean {
    return this.#real ? this.#real.bodyUsed : (this.#body?.locked ?? false);
  }

  get signal(): AbortSignal {
    return this.#request().signal;
  }

  #request(): Request {
    if (!this.#real) {
      const { body } = this;
      this.#real = new Request(this.url, {
        method: this.method,
        headers: toHeaders(this.#raw),
        ...(body === null ? {} : { body: (body as unknown as LightBody).web(), duplex: "half" }),
      } as RequestInit);
    }
    return this.#real;
  }

  text(): Promise<string> {
    return this.#request().text();
  }
  json(): Promise<unknown> {
    return this.#request().json();
  }
  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#request().arrayBuffer();
  }
  blob(): Promise<Blob> {
    return this.#request().blob();
  }
  formData(): Promise<FormData> {
    return this.#request().formData();
  }
  clone(): Request {
    return this.#request().clone();
  }
}

function toHeaders(raw: IncomingMessage): Headers {
  const headers = new Headers();
  for (let index = 0; index + 1 < raw.rawHeaders.length; index += 2) {
    headers.append(raw.rawHeaders[index] as string, raw.rawHeaders[index + 1] as string);
  }
  return headers;
}

class LightHeaders {
  readonly #raw: IncomingMessage;
  #real: Headers | undefined;

  constructor(raw: IncomingMessage) {
    this.#raw = raw;
  }

  get(name: string): string | null {
    const value = this.#raw.headers[name.toLowerCase()];
    return value === undefined ? null : Array.isArray(value) ? value.join(", ") : value;
  }
  has(name: string): boolean {
    return this.#raw.headers[name.toLowerCase()] !== undefined;
  }

  #headers(): Headers {
    this.#real ??= toHeaders(this.#raw);
    return this.#real;
  }
  forEach(callback: (value: string, key: string, parent: Headers) => void): void {
    this.#headers().forEach(callback);
  }
  entries(): IterableIterator<[string, string]> {
    return this.#headers().entries();
  }
  keys(): IterableIterator<string> {
    return this.#headers().keys();
  }
  values(): IterableIterator<string> {
    return this.#headers().values();
  }
  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries();
  }
}

type Read = { done: true; value: undefined } | { done: false; value: Uint8Array };

/** The message's body: read piece by piece, or handed on as a real `ReadableStream`. */
class LightBody {
  locked = false;
  readonly #raw: IncomingMessage;

  constructor(raw: IncomingMessage) {
    this.#raw = raw;
  }

  getReader(): { read(): Promise<Read>; cancel(): Promise<void>; releaseLock(): void } {
    if (this.locked) throw new TypeError("the body is being read by somebody else");
    this.locked = true;
    const reader = createReader(this.#raw);
    return { ...reader, releaseLock: () => undefined };
  }

  web(): ReadableStream<Uint8Array> {
    if (this.locked) throw new TypeError("the body was read before");
    this.locked = true;
    return Readable.toWeb(this.#raw) as unknown as ReadableStream<Uint8Array>;
  }

  async cancel(): Promise<void> {
    this.locked = true;
    this.#raw.resume();
  }
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    yield* this.web() as unknown as AsyncIterable<Uint8Array>;
  }
}

function createReader(raw: IncomingMessage): { read(): Promise<Read>; cancel(): Promise<void> } {
  const chunks: Uint8Array[] = [];
  let state: "open" | "ended" | Error = "open";
  let waiting: { resolve(read: Read): void; reject(error: Error): void } | undefined;

  raw.on("data", (chunk: Uint8Array) => {
    if (!waiting) {
      chunks.push(chunk);
      raw.pause();
      return;
    }
    const { resolve } = waiting;
    waiting = undefined;
    resolve({ done: false, value: chunk });
  });
  raw.on("end", () => finish("ended"));
  raw.on("error", (error) => finish(error));
  raw.on("close", () => {
    if (state === "open") finish(new Error("the sender went away in the middle of the body"));
  });

  function finish(how: "ended" | Error): void {
    if (state !== "open") return;
    state = how;
    if (!waiting) return;
    const { resolve, reject } = waiting;
    waiting = undefined;
    if (how === "ended") resolve({ done: true, value: undefined });
    else reject(how);
  }

  return {
    read() {
      const chunk = chunks.shift();
      if (chunk) return Promise.resolve({ done: false, value: chunk });
      if (state === "ended") return Promise.resolve({ done: true, value: undefined });
      if (state !== "open") return Promise.reject(state);
      const next = new Promise<Read>((resolve, reject) => {
        waiting = { resolve, reject };
      });
      raw.resume();
      return next;
    },
    async cancel() {
      // What still arrives is dropped; the server's time-out ends a sender that never stops.
      raw.removeAllListeners("data");
      raw.resume();
    },
  };
}
