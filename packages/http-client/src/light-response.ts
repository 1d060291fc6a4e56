import { Readable } from "node:stream";
import type { IncomingBody } from "./incoming-body.ts";

const UTF8 = new TextDecoder();

interface Head {
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  /** Asked for by few. */
  readHeaders(): Headers;
}

type Untouched = Pick<Response, "ok" | "redirected" | "status" | "statusText" | "type">;
/** What is overridden is left out: TypeScript takes the standard's members for properties, which no getter may stand for. */
const Standard: new (body: null, init: ResponseInit) => Untouched = Response;

/**
 * Node's Response, so that `instanceof` holds for everybody, with headers and a stream made only for those who ask for them:
 * most answers are a few bytes that are read whole, and the stream costs half as much as the rest of the exchange.
 */
export function toLightResponse(body: IncomingBody, head: Head): Response {
  return new LightResponse(body, head) as unknown as Response;
}

class LightResponse extends Standard {
  readonly url: string;
  readonly #incoming: IncomingBody;
  readonly #readHeaders: () => Headers;
  #headers: Headers | undefined;
  #stream: ReadableStream<Uint8Array> | undefined;
  #isRead = false;

  constructor(incoming: IncomingBody, { status, statusText, url, readHeaders }: Head) {
    super(null, { status, statusText });
    this.#incoming = incoming;
    this.#readHeaders = readHeaders;
    this.url = url;
  }

  get headers(): Headers {
    this.#headers ??= this.#readHeaders();
    return this.#headers;
  }

  get body(): ReadableStream<Uint8Array> {
    this.#stream ??= this.#incoming.stream();
    return this.#stream;
  }

  get bodyUsed(): boolean {
    return this.#isRead || (this.#stream !== undefined && Readable.isDisturbed(this.#stream as never));
  }

  async text(): Promise<string> {
    return UTF8.decode(await this.#whole());
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer;
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.#whole());
  }

  async blob(): Promise<Blob> {
    return this.#standard().blob();
  }

  async formData(): Promise<FormData> {
    return this.#standard().formData();
  }

  clone(): Response {
    if (this.bodyUsed) throw alreadyRead();
    const [mine, other] = this.body.tee();
    this.#stream = mine;
    return Object.defineProperty(new Response(other, this.#init()), "url", { value: this.url });
  }

  async #whole(): Promise<Uint8Array> {
    if (this.#isRead) throw alreadyRead();
    if (this.#stream !== undefined) return new Uint8Array(await this.#standard().arrayBuffer());
    this.#isRead = true;
    return this.#incoming.whole();
  }

  #init(): ResponseInit {
    const { status, statusText, headers } = this;
    return { status, statusText, headers };
  }

  /** For what is asked rarely, by the standard's own rules. */
  #standard(): Response {
    if (this.#isRead) throw alreadyRead();
    return new Response(this.body, this.#init());
  }
}

function alreadyRead(): TypeError {
  return new TypeError("the body has already been read");
}
