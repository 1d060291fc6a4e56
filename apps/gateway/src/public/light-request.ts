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
    return new BodyReader(this.#raw);
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
    yield* this.web();
  }
}

/** The message's chunks, one at a time; an object with methods, since closures would be made anew for every request. */
class BodyReader {
  readonly #raw: IncomingMessage;
  #chunks: Uint8Array[] | undefined;
  #state: "open" | "ended" | Error = "open";
  #waiting: { resolve(read: Read): void; reject(error: Error): void } | undefined;

  constructor(raw: IncomingMessage) {
    this.#raw = raw;
    raw.on("data", (chunk: Uint8Array) => this.#take(chunk));
    raw.on("end", () => this.#finish("ended"));
    raw.on("error", (error) => this.#finish(error));
    raw.on("close", () => {
      if (this.#state === "open") this.#finish(new Error("the sender went away in the middle of the body"));
    });
  }

  read(): Promise<Read> {
    const chunk = this.#chunks?.shift();
    if (chunk) return Promise.resolve({ done: false, value: chunk });
    if (this.#state === "ended") return Promise.resolve({ done: true, value: undefined });
    if (this.#state !== "open") return Promise.reject(this.#state);
    const next = new Promise<Read>((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
    if (this.#raw.isPaused()) this.#raw.resume();
    return next;
  }

  async cancel(): Promise<void> {
    // What still arrives is dropped; the server's time-out ends a sender that never stops.
    this.#raw.removeAllListeners("data");
    this.#raw.resume();
  }

  releaseLock(): void {}

  #take(chunk: Uint8Array): void {
    const waiting = this.#waiting;
    if (waiting) {
      this.#waiting = undefined;
      waiting.resolve({ done: false, value: chunk });
      return;
    }
    this.#chunks ??= [];
    this.#chunks.push(chunk);
    this.#raw.pause();
  }

  #finish(how: "ended" | Error): void {
    if (this.#state !== "open") return;
    this.#state = how;
    const waiting = this.#waiting;
    if (!waiting) return;
    this.#waiting = undefined;
    if (how === "ended") waiting.resolve({ done: true, value: undefined });
    else waiting.reject(how);
  }
}
